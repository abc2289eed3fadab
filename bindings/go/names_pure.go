//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

import "oap.example/oap/internal/pure"

var (
	kindNames     = pure.KindNames[:]
	rejectLabels  = pure.RejectLabels[:]
	metricNames   = pure.MetricNames[:]
	connStates    = pure.ConnStates[:]
	endReasons    = pure.EndReasons[:]
	readinessKeys = pure.ReadinessKeys[:]
)

func version() string { return pure.Version }

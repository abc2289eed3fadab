//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

// Package oaphttp serves readiness and metrics of an [oap.Monitor] over HTTP.
package oaphttp

import (
	"net/http"

	"oap.example/oap"
)

// Readyz answers whether the process is fit to serve at the time of the request: 200, or 503 with Retry-After and what is
// missing. It panics where monitor is nil.
func Readyz(monitor *oap.Monitor) http.Handler {
	mustBeThere("Readyz", monitor)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		readiness := monitor.Readiness()
		for name, value := range readiness.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(readiness.Status)
		_, _ = w.Write(readiness.Body)
	})
}

// Metrics answers with the page that a Prometheus server scrapes. It panics where monitor is nil.
func Metrics(monitor *oap.Monitor) http.Handler {
	mustBeThere("Metrics", monitor)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", oap.TextContentType())
		_, _ = w.Write(monitor.Text())
	})
}

// mustBeThere has a host fail where it starts, not at the first request.
func mustBeThere(function string, monitor *oap.Monitor) {
	if monitor == nil {
		panic("oaphttp: " + function + ": monitor is nil")
	}
}

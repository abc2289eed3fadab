// Package oapprometheus shows what an [oap.Monitor] counts to the Prometheus client of Go. It is a module of its own, so
// that module oap depends on nothing.
package oapprometheus

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"oap.example/oap"
)

// collector describes each metric of the contract in the contract's order.
type collector struct {
	monitor                               *oap.Monitor
	frames, rejects, frameBytes           *prometheus.Desc
	read, write                           *prometheus.Desc
	ackWindow, inflightFrames, ackStarved *prometheus.Desc
	inflightCapacity, hostLoad            *prometheus.Desc
}

// New makes a collector of all that monitor counts, for a registry of the caller's. Each collection takes one snapshot. It
// panics where monitor is nil.
func New(monitor *oap.Monitor) prometheus.Collector {
	if monitor == nil {
		panic("oapprometheus: New: monitor is nil")
	}
	names := oap.Metrics()
	desc := func(place int, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(names[place], help, labels, nil)
	}
	return &collector{
		monitor:          monitor,
		frames:           desc(0, "Frames delivered to the host or encoded for it.", "kind"),
		rejects:          desc(1, "Rejects of what was received.", "reason"),
		frameBytes:       desc(2, "Bytes of the frames delivered or encoded."),
		read:             desc(3, "Wall time of one decode call."),
		write:            desc(4, "Wall time of one encode call."),
		ackWindow:        desc(5, "Credit advertised now over all sessions with an open inbound stream, in frames."),
		inflightFrames:   desc(6, "DATA frames received and not yet acknowledged, over all sessions."),
		ackStarved:       desc(7, "Time in which some inbound stream was open and no credit was left."),
		inflightCapacity: desc(8, "DATA frames in flight that are full load, as configured."),
		hostLoad:         desc(9, "Load of the fullest of the host's own queues, 0 to 1, as it said last."),
	}
}

// Describe returns the metrics' descriptions.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{c.frames, c.rejects, c.frameBytes, c.read, c.write, c.ackWindow,
		c.inflightFrames, c.ackStarved, c.inflightCapacity, c.hostLoad} {
		to <- desc
	}
}

// Collect returns the metrics as they are now.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	snapshot := c.monitor.Snapshot()
	for _, kind := range oap.Kinds() {
		to <- counter(c.frames, float64(snapshot.Frames[kind]), kind.String())
	}
	for _, reason := range oap.Reasons() {
		to <- counter(c.rejects, float64(snapshot.Rejects[reason]), reason.Label())
	}
	to <- counter(c.frameBytes, float64(snapshot.FrameBytes))
	to <- histogram(c.read, &snapshot.Read)
	to <- histogram(c.write, &snapshot.Write)
	to <- gauge(c.ackWindow, float64(snapshot.AckWindow))
	to <- gauge(c.inflightFrames, float64(snapshot.InflightFrames))
	to <- counter(c.ackStarved, seconds(snapshot.AckStarved))
	to <- gauge(c.inflightCapacity, float64(snapshot.InflightCapacity))
	to <- gauge(c.hostLoad, float64(snapshot.HostLoadPermille)/1000)
}

func counter(desc *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, labels...)
}

func gauge(desc *prometheus.Desc, value float64) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
}

func histogram(desc *prometheus.Desc, timing *oap.Timing) prometheus.Metric {
	buckets := make(map[float64]uint64)
	var upTo uint64
	for i, bound := range timing.Bounds {
		upTo += timing.Counts[i]
		buckets[seconds(bound)] = upTo
	}
	return prometheus.MustNewConstHistogram(desc, timing.Count(), seconds(timing.Sum), buckets)
}

// seconds rounds once, where time.Duration.Seconds rounds twice.
func seconds(duration time.Duration) float64 { return float64(duration) / float64(time.Second) }

package oapprometheus_test

import (
	"bytes"
	"maps"
	"math"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"oap.example/oap"
	"oap.example/oap/oapprometheus"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func registry(monitor *oap.Monitor) *prometheus.Registry {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(oapprometheus.New(monitor))
	return registry
}

// exposition is what a Prometheus server would scrape from the registry.
func exposition(t *testing.T, registry *prometheus.Registry) []byte {
	t.Helper()
	var page bytes.Buffer
	for _, family := range must(registry.Gather()) {
		must(expfmt.MetricFamilyToText(&page, family))
	}
	return page.Bytes()
}

// samples parses a page into its families' help and type, and the value of each sample.
func samples(t *testing.T, page []byte) (families map[string]string, values map[string]float64) {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	parsed, err := parser.TextToMetricFamilies(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	families, values = make(map[string]string), make(map[string]float64)
	for name, family := range parsed {
		families[name] = family.GetType().String() + " " + family.GetHelp()
		for _, sample := range must(expfmt.ExtractSamples(&expfmt.DecodeOptions{}, family)) {
			values[sample.Metric.String()] = float64(sample.Value)
		}
	}
	return families, values
}

func wantTheMonitorsOwnPage(t *testing.T, monitor *oap.Monitor) {
	t.Helper()
	families, values := samples(t, exposition(t, registry(monitor)))
	wantFamilies, wantValues := samples(t, monitor.Text())
	if !maps.Equal(families, wantFamilies) {
		t.Errorf("%v, want %v", families, wantFamilies)
	}
	if !maps.Equal(values, wantValues) {
		t.Errorf("%v, want %v", values, wantValues)
	}
}

// busy gives a monitor that has seen frames, a reject, a starved stream, and calls in every bucket.
func busy(t *testing.T) *oap.Monitor {
	t.Helper()
	monitor := oap.NewMonitor(nil)
	config := oap.DefaultConfig()
	config.Monitor, config.AckWindowFrames = monitor, 2
	session, peer := must(oap.NewSession(config)), must(oap.NewSession(nil))
	t.Cleanup(func() { _, _ = session.Close(), peer.Close() })
	rows := make([]oap.Row, 8)
	must(peer.Recv(must(session.Send(nil, must(session.Hello()))), rows))
	wire := must(peer.Send(nil, must(peer.Hello())))
	wire = must(peer.Send(wire, &oap.Start{Stream: "s"}))
	monitor.TickAt(0)
	for seq := range uint64(2) {
		wire = must(peer.Send(wire, &oap.Data{Seq: seq, Body: []byte("abc")}))
		must(session.Recv(wire, rows))
		wire = wire[:0]
	}
	monitor.SetLoad(333)
	monitor.TickAt(1)
	monitor.TickAt(1_234_567_891)
	decoder := must(oap.NewDecoder(config))
	defer decoder.Close()
	_, _, _ = decoder.Decode([]byte{0xff, 0, 0, 0}, rows)
	for nanoseconds := time.Duration(1); nanoseconds <= 10*time.Second; nanoseconds *= 3 {
		monitor.ObserveRead(nanoseconds)
		monitor.ObserveWrite(7 * nanoseconds)
	}
	return monitor
}

func TestACollectionEqualsTheCoresOwnPageFromTheStart(t *testing.T) {
	monitor := oap.NewMonitor(nil)
	wantTheMonitorsOwnPage(t, monitor)
	_, values := samples(t, exposition(t, registry(monitor)))
	capacity := values["oap_inflight_capacity"]
	delete(values, "oap_inflight_capacity")
	// 6 kinds, 8 reasons, twice 13 buckets with sum and count, 5 others.
	if capacity != 1024 || len(values) != 49 || slices.Max(slices.Collect(maps.Values(values))) != 0 {
		t.Error(capacity, values)
	}
}

func TestACollectionEqualsTheCoresOwnPageAfterTraffic(t *testing.T) {
	monitor := busy(t)
	wantTheMonitorsOwnPage(t, monitor)
	_, values := samples(t, monitor.Text())
	for sample, want := range map[string]float64{
		`oap_frames_total{kind="DATA"}`:              2,
		`oap_rejects_total{reason="frame_oversize"}`: 1,
		`oap_inflight_frames`:                        2,
		`oap_ack_starved_seconds_total`:              1.23456789,
		`oap_inflight_capacity`:                      1024,
		`oap_host_load_ratio`:                        0.333,
	} {
		if got, there := values[sample]; !there || math.Abs(got-want) > 1e-9 {
			t.Errorf("%s %v, want %v", sample, got, want)
		}
	}
}

func TestAPageThatIsNotTheSameIsSeen(t *testing.T) {
	monitor := oap.NewMonitor(nil)
	before := monitor.Text()
	monitor.ObserveRead(time.Microsecond)
	_, old := samples(t, before)
	_, values := samples(t, exposition(t, registry(monitor)))
	if maps.Equal(values, old) {
		t.Error("the comparison sees nothing")
	}
}

func TestANilMonitorFailsBeforeAScrape(t *testing.T) {
	defer func() {
		if said := recover(); said != "oapprometheus: New: monitor is nil" {
			t.Error(said)
		}
	}()
	oapprometheus.New(nil)
}

func TestEveryMetricIsDescribedOnce(t *testing.T) {
	descs := make(chan *prometheus.Desc, 100)
	oapprometheus.New(oap.NewMonitor(nil)).Describe(descs)
	if len(descs) != len(oap.Metrics()) {
		t.Error(len(descs))
	}
}

func TestPromtoolAndTheClientsLinterAcceptTheCollection(t *testing.T) {
	problems := must(testutil.CollectAndLint(oapprometheus.New(busy(t))))
	if len(problems) != 0 {
		t.Error(problems)
	}
	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = bytes.NewReader(exposition(t, registry(busy(t))))
	if says, err := check.CombinedOutput(); err != nil || len(says) > 0 {
		t.Errorf("promtool: %v\n%s", err, says)
	}
}

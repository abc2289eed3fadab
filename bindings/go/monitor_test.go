//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"oap.example/oap"
	"oap.example/oap/oaphttp"
)

// watched is the default Config with a new monitor.
func watched() (*oap.Config, *oap.Monitor) {
	config := oap.DefaultConfig()
	config.Monitor = oap.NewMonitor(nil)
	return config, config.Monitor
}

func TestAMonitorCountsWhatADecoderAndAReaderFind(t *testing.T) {
	config, monitor := watched()
	wire := wireOf(everyKind()...)
	if n, _, err := newDecoder(t, config).Decode(wire, make([]oap.Row, 8)); n != 6 || err != nil {
		t.Fatal(n, err)
	}
	reader := must(oap.NewReader(bytes.NewReader(append(wire, 0xff, 0, 0, 0)), config))
	defer reader.Close()
	for range reader.All() {
	}
	snapshot := monitor.Snapshot()
	for _, kind := range oap.Kinds() {
		if snapshot.Frames[kind] != 2 {
			t.Errorf("%v: %d", kind, snapshot.Frames[kind])
		}
	}
	for _, reason := range oap.Reasons() {
		if got := snapshot.Rejects[reason]; got != 0 && reason != oap.ErrFrameOversize || got > 1 {
			t.Errorf("%v: %d", reason, got)
		}
	}
	if snapshot.Rejects[oap.ErrFrameOversize] != 1 || snapshot.FrameBytes != uint64(2*len(wire)) {
		t.Errorf("%+v", snapshot)
	}
}

func TestAMonitorCountsBothDirectionsOfConnections(t *testing.T) {
	config, monitor := watched()
	raw, peer := net.Pipe()
	ours, theirs := must(oap.NewConn(raw, &oap.ConnOptions{Config: config})), must(oap.NewConn(peer, nil))
	defer ours.Abort()
	defer theirs.Abort()
	ctx, delivered := deadline(t), make(chan error, 1)
	go func() {
		sent := theirs.SendStream(ctx, "s", strings.NewReader("abc"), nil)
		delivered <- errors.Join(sent, theirs.Delivered(ctx))
	}()
	for range 3 {
		must(ours.Recv(ctx))
	}
	if err := <-delivered; err != nil {
		t.Fatal(err)
	}
	frames := monitor.Snapshot().Frames
	if frames[oap.KindHello] != 2 || frames[oap.KindStart] != 1 || frames[oap.KindData] != 1 ||
		frames[oap.KindAck] != 1 || frames[oap.KindEnd] != 1 || frames[oap.KindError] != 0 {
		t.Error(frames)
	}
}

// A frame that Writer encodes in Go counts as one that liboap encodes.
func TestAMonitorCountsWhatAWriterWrites(t *testing.T) {
	var target bytes.Buffer
	monitor := oap.NewMonitor(nil)
	writer := oap.NewWriter(&target, monitor)
	for range 100 {
		for _, frame := range everyKind() {
			if err := writer.Write(frame); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.Write(&oap.Start{}); !errors.Is(err, oap.ErrHeaderMalformed) {
			t.Fatal(err)
		}
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	snapshot := monitor.Snapshot()
	for _, kind := range oap.Kinds() {
		if snapshot.Frames[kind] != 100 {
			t.Errorf("%v: %d", kind, snapshot.Frames[kind])
		}
	}
	if snapshot.FrameBytes != uint64(target.Len()) || snapshot.Write.Count() != 700 || snapshot.Read.Count() != 0 {
		t.Errorf("%+v", snapshot)
	}
}

// A call is observed once: also a Send that finds no room at first, and one that gives an error.
func TestEachDecodeAndEachEncodeCallIsTimedOnce(t *testing.T) {
	config, monitor := watched()
	session, decoder := newSession(t, config), newDecoder(t, config)
	rows := make([]oap.Row, 1)
	hello := must(session.Hello())
	wire := must(session.Send(nil, hello))
	_, again := session.Send(nil, hello)
	_, decodeErr := session.Recv([]byte{0xff, 0, 0, 0}, rows)
	_, _, _ = decoder.Decode(wire, rows)
	_, _, _ = decoder.Decode(nil, rows)
	snapshot := monitor.Snapshot()
	if again == nil || decodeErr == nil || snapshot.Write.Count() != 2 || snapshot.Read.Count() != 3 {
		t.Errorf("%d written, %d read", snapshot.Write.Count(), snapshot.Read.Count())
	}
	if snapshot.Write.Sum == 0 || snapshot.Read.Sum == 0 || snapshot.Read.Sum > time.Hour {
		t.Error(snapshot.Read.Sum, snapshot.Write.Sum)
	}
}

func TestWithoutTimingFramesCountAndNoTimeDoes(t *testing.T) {
	limits := oap.DefaultMonitorConfig()
	limits.Timing = false
	config := oap.DefaultConfig()
	config.Monitor = oap.NewMonitor(limits)
	session := newSession(t, config)
	must(session.Send(nil, must(session.Hello())))
	must(session.Recv(wireOf(&oap.Hello{Version: 1, MaxFrame: 4096}), make([]oap.Row, 1)))
	writer := oap.NewWriter(io.Discard, config.Monitor)
	if err := errors.Join(writer.Write(&oap.Ack{}), writer.Flush()); err != nil {
		t.Fatal(err)
	}
	snapshot := config.Monitor.Snapshot()
	if snapshot.Frames[oap.KindHello] != 2 || snapshot.Frames[oap.KindAck] != 1 || snapshot.Read.Count() != 0 ||
		snapshot.Write.Count() != 0 {
		t.Errorf("%+v", snapshot)
	}
}

// inflight gives a session that has taken a DATA, the first of a window of 2.
func inflight(t *testing.T, config *oap.Config) *oap.Session {
	t.Helper()
	config.AckWindowFrames = 2
	session, peer := must(oap.NewSession(config)), newSession(t, nil)
	rows := make([]oap.Row, 4)
	must(peer.Recv(must(session.Send(nil, must(session.Hello()))), rows))
	wire := must(peer.Send(nil, must(peer.Hello())))
	wire = must(peer.Send(wire, &oap.Start{Stream: "s"}))
	must(session.Recv(must(peer.Send(wire, &oap.Data{Seq: 1})), rows))
	return session
}

func wantGauges(t *testing.T, monitor *oap.Monitor, window, frames uint64) {
	t.Helper()
	if s := monitor.Snapshot(); s.AckWindow != window || s.InflightFrames != frames {
		t.Errorf("oap_ack_window %d, oap_inflight_frames %d, want %d and %d", s.AckWindow, s.InflightFrames, window, frames)
	}
}

func TestASessionThatIsClosedGivesItsGaugesBack(t *testing.T) {
	config, monitor := watched()
	session := inflight(t, config)
	wantGauges(t, monitor, 1, 1)
	_ = session.Close()
	wantGauges(t, monitor, 0, 0)
}

func TestASessionThatIsForgottenGivesItsGaugesBack(t *testing.T) {
	config, monitor := watched()
	inflight(t, config)
	for range 1000 {
		if monitor.Snapshot().InflightFrames == 0 {
			break
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	wantGauges(t, monitor, 0, 0)
}

func TestASessionThatEndsGivesItsGaugesBack(t *testing.T) {
	config, monitor := watched()
	session := inflight(t, config)
	defer session.Close()
	must(session.Send(nil, &oap.Error{}))
	wantGauges(t, monitor, 0, 0)
}

func TestWhatHasAMonitorKeepsIt(t *testing.T) {
	config := oap.DefaultConfig()
	config.Monitor = oap.NewMonitor(nil)
	decoder := newDecoder(t, config)
	config = nil
	for range 10 {
		runtime.GC()
		_, _, _ = decoder.Decode(wireOf(&oap.Ack{}), make([]oap.Row, 1))
	}
}

func TestManyGoroutinesLoseNoCount(t *testing.T) {
	config, monitor := watched()
	var all sync.WaitGroup
	for range 16 {
		all.Add(1)
		go func() {
			defer all.Done()
			decoder := must(oap.NewDecoder(config))
			defer decoder.Close()
			wire, rows := wireOf(&oap.Ack{}), make([]oap.Row, 1)
			for range 500 {
				must(0, second(decoder.Decode(wire, rows)))
				must(0, monitor.CountFrame(oap.KindData, 10))
				must(0, monitor.CountReject(oap.ErrTruncated))
				monitor.ObserveWrite(time.Second)
				monitor.Tick()
				monitor.Snapshot()
			}
		}()
	}
	all.Wait()
	s := monitor.Snapshot()
	if s.Frames[oap.KindAck] != 8000 || s.Frames[oap.KindData] != 8000 || s.Rejects[oap.ErrTruncated] != 8000 ||
		s.FrameBytes != 160_000 || s.Read.Count() != 8000 || s.Write.Sum != 8000*time.Second {
		t.Errorf("%+v", s)
	}
}

func second(_, _ int, err error) error { return err }

func TestAKindOrReasonThatThereIsNotIsNamedWithItsRange(t *testing.T) {
	monitor := oap.NewMonitor(nil)
	for _, c := range []struct {
		err  error
		want oap.ConfigError
	}{
		{monitor.CountFrame(0, 8), oap.ConfigError{"kind", 0, 1, 6}},
		{monitor.CountFrame(7, 8), oap.ConfigError{"kind", 7, 1, 6}},
		{monitor.CountReject(0), oap.ConfigError{"reason", 0, 1, 8}},
		{monitor.CountReject(9), oap.ConfigError{"reason", 9, 1, 8}},
	} {
		var got *oap.ConfigError
		if !errors.As(c.err, &got) || *got != c.want {
			t.Errorf("%v, want %v", c.err, &c.want)
		}
	}
}

func TestTheDefaultsAreThoseOfTheContract(t *testing.T) {
	want := oap.MonitorConfig{10, 100, 5_000_000_000, 1024, 80, 60, true}
	if got := *oap.DefaultMonitorConfig(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestEachLimitTakesEffect(t *testing.T) {
	for key, set := range map[string]func(*oap.MonitorConfig){
		"oap_reject_rate_ok":  func(c *oap.MonitorConfig) { c.RejectMinEvents = 1 },
		"oap_ack_window_ok":   func(c *oap.MonitorConfig) { c.AckStarvationLimitNS = 0 },
		"oap_backpressure_ok": func(c *oap.MonitorConfig) { c.InflightCapacity = 1 },
	} {
		for _, change := range []bool{false, true} {
			limits := oap.DefaultMonitorConfig()
			if change {
				set(limits)
			}
			readiness := strained(t, limits)
			if change == readiness.Ready || change && (len(readiness.Missing) != 1 || readiness.Missing[0] != key) {
				t.Errorf("%s: %+v", key, readiness)
			}
		}
	}
}

// strained has one reject, two DATA in flight that are all of a window, and a second of that.
func strained(t *testing.T, limits *oap.MonitorConfig) oap.Readiness {
	t.Helper()
	config := oap.DefaultConfig()
	config.Monitor = oap.NewMonitor(limits)
	session := inflight(t, config)
	defer session.Close()
	must(session.Recv(wireOf(&oap.Data{Seq: 2}), make([]oap.Row, 1)))
	must(0, config.Monitor.CountReject(oap.ErrTruncated))
	config.Monitor.TickAt(1)
	return config.Monitor.ReadinessAt(uint64(time.Second))
}

// T.5: above high it turns false, at or under low true again; what is over full load is full load.
func TestTheHostsLoadIsBackPressure(t *testing.T) {
	monitor := oap.NewMonitor(nil)
	for i, c := range []struct {
		load, counts uint32
		holds        bool
	}{{0, 0, true}, {800, 800, true}, {801, 801, false}, {601, 601, false}, {600, 600, true}, {1001, 1000, false}} {
		monitor.SetLoad(c.load)
		readiness := monitor.ReadinessAt(uint64(i))
		if holds := readiness.Keys[3].Holds; holds != c.holds || readiness.Keys[3].Name != "oap_backpressure_ok" {
			t.Errorf("load %d: %+v", c.load, readiness.Keys[3])
		}
		if snapshot := monitor.Snapshot(); snapshot.HostLoadPermille != c.counts || snapshot.InflightCapacity != 1024 {
			t.Errorf("load %d: %d of %d", c.load, snapshot.HostLoadPermille, snapshot.InflightCapacity)
		}
	}
}

func TestReadinessIsTheWholeAnswer(t *testing.T) {
	monitor := oap.NewMonitor(nil)
	ready := monitor.Readiness()
	if !ready.Ready || ready.Status != 200 || len(ready.Missing) != 0 || len(ready.Headers) != 1 ||
		ready.Headers["Content-Type"] != "application/json" ||
		string(ready.Body) != `{"degraded":false,"missing":[],"retry_after":0}` {
		t.Errorf("%+v %s", ready, ready.Body)
	}
	monitor.SetParserReady(false)
	down := monitor.Readiness()
	if down.Ready || down.Status != 503 || len(down.Headers) != 2 || down.Headers["Retry-After"] != "5" ||
		string(down.Body) != `{"degraded":true,"missing":["oap_parser_ready"],"retry_after":5}` {
		t.Errorf("%+v %s", down, down.Body)
	}
	for i, key := range down.Keys {
		if key.Name != oap.ReadinessKeys()[i] || key.Holds != (i > 0) || !ready.Keys[i].Holds {
			t.Errorf("%+v", key)
		}
	}
	monitor.SetParserReady(true)
	if !monitor.Readiness().Ready {
		t.Error("not ready again")
	}
}

func TestTimingHasTheContractsBuckets(t *testing.T) {
	monitor := oap.NewMonitor(nil)
	monitor.ObserveRead(-time.Second)
	monitor.ObserveRead(time.Microsecond)
	monitor.ObserveRead(time.Microsecond + 1)
	monitor.ObserveRead(time.Hour)
	read := monitor.Snapshot().Read
	if len(read.Bounds) != 12 || len(read.Counts) != 13 || read.Bounds[0] != time.Microsecond || read.Bounds[11] != time.Second {
		t.Errorf("%+v", read)
	}
	if read.Counts[0] != 2 || read.Counts[1] != 1 || read.Counts[12] != 1 || read.Count() != 4 ||
		read.Sum != time.Hour+2*time.Microsecond+1 {
		t.Errorf("%+v", read)
	}
}

func TestTheTextPageIsWhole(t *testing.T) {
	monitor := oap.NewMonitor(nil)
	page := string(monitor.Text())
	for _, name := range oap.Metrics() {
		if !strings.Contains(page, "# TYPE "+name+" ") {
			t.Errorf("%s is not there", name)
		}
	}
	if !strings.HasSuffix(page, "\n") || !strings.HasPrefix(oap.TextContentType(), "text/plain; version=0.0.4") {
		t.Error(page, oap.TextContentType())
	}
}

func TestModuleOapDependsOnNothing(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "all").Output()
	if err != nil || string(out) != "oap.example/oap\n" {
		t.Errorf("%s%v", out, err)
	}
}

func TestPagesWithoutAMonitorFailAtConstruction(t *testing.T) {
	for name, make := range map[string]func(){
		"oaphttp: Readyz: monitor is nil":  func() { oaphttp.Readyz(nil) },
		"oaphttp: Metrics: monitor is nil": func() { oaphttp.Metrics(nil) },
	} {
		if said := panicOf(make); said != name {
			t.Errorf("%q, want %q", said, name)
		}
	}
}

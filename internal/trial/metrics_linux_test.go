package trial

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// TestOpenConnections counts those that are open, in front of net/http and in it.
func TestOpenConnections(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"--no-lane"}} {
		t.Run(fmt.Sprint(args), func(t *testing.T) {
			t.Parallel()
			site := t.TempDir()
			old := time.Now().Add(-time.Hour) // or else it may be about to change, and net/http has it
			if err := os.Chtimes(create(t, site+"/a.txt"), old, old); err != nil {
				t.Fatal(err)
			}
			p := start(t, append(args, site, "--metrics")...)
			var open []net.Conn
			for range 5 {
				conn := p.dial(t)
				open = append(open, conn)
				fmt.Fprint(conn, "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
				status := make([]byte, len("HTTP/1.1 200"))
				if _, err := io.ReadFull(conn, status); err != nil || string(status) != "HTTP/1.1 200" {
					t.Fatalf("%q, %v", status, err)
				}
			}
			awaitNumber(t, p, "gserve_open_connections", 6) // with that of who looks
			for _, conn := range open[:3] {
				conn.Close()
			}
			awaitNumber(t, p, "gserve_open_connections", 3)
			if got := number(t, p, "gserve_requests_total"); got < 5 {
				t.Errorf("%v requests", got)
			}
			if got := number(t, p, "process_open_fds"); got < 3 {
				t.Errorf("%v files are open", got)
			}
		})
	}
}

func awaitNumber(t *testing.T, p *program, name string, want float64) {
	t.Helper()
	p.await(t, fmt.Sprint(name, " ", want), func() bool { return number(t, p, name) == want })
}

// number returns what a look has under a name, added up, as Prometheus reads it.
func number(t *testing.T, p *program, name string) (sum float64) {
	t.Helper()
	status, content, err := p.get(t.Context(), "/metrics")
	if err != nil || status != 200 {
		t.Fatalf("%d, %v", status, err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range families[name].GetMetric() {
		sum += one.GetCounter().GetValue() + one.GetGauge().GetValue()
	}
	return sum
}

package service

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFindManager(t *testing.T) {
	t.Parallel()
	const path = "/run/systemd/notify"
	for _, tt := range []struct {
		name        string
		environment environment
		socket      string
		watchdog    time.Duration
		fault       string
	}{
		{"plain", environment{"NOTIFY_SOCKET": path}, path, 0, ""},
		{"abstract", environment{"NOTIFY_SOCKET": "@x"}, "@x", 0, ""},
		{"none", environment{}, "", 0, ""},
		{"none, but a watchdog", environment{"WATCHDOG_USEC": "1"}, "", 0, ""},
		{"watchdog", environment{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "12"}, path, 30 * time.Second, ""},
		{"watchdog of anybody", environment{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1"}, path, time.Microsecond, ""},
		{"watchdog of another", environment{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1", "WATCHDOG_PID": "13"}, path, 0, ""},
		{"machine", environment{"NOTIFY_SOCKET": "vsock:2:1234"}, "", 0, `NOTIFY_SOCKET="vsock:2:1234" is neither a path nor an abstract name`},
		{"relative", environment{"NOTIFY_SOCKET": "notify"}, "", 0, `NOTIFY_SOCKET="notify" is neither a path nor an abstract name`},
		{"no name", environment{"NOTIFY_SOCKET": "@"}, "", 0, `NOTIFY_SOCKET="@" is neither a path nor an abstract name`},
		{"never", environment{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "0"}, path, 0, `WATCHDOG_USEC="0" is not a number of microseconds`},
		{"too long", environment{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "9223372036854776"}, path, 0, `WATCHDOG_USEC="9223372036854776" is not a number of microseconds`},
		{"nonsense", environment{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1s"}, path, 0, `WATCHDOG_USEC="1s" is not a number of microseconds`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, err := FindManager(tt.environment.get, 12)
			if fault := ""; err != nil {
				if fault = err.Error(); fault != tt.fault {
					t.Error(fault)
				}
			} else if tt.fault != "" {
				t.Errorf("not told: %s", tt.fault)
			}
			if (m != nil) != (tt.socket != "") || m != nil && *m != (Manager{tt.socket, tt.watchdog}) {
				t.Errorf("%+v", m)
			}
		})
	}
}

// Where there is no manager, nobody is told, and nothing fails.
func TestNoManager(t *testing.T) {
	t.Parallel()
	var m *Manager
	for _, tell := range []func() error{m.Ready, m.Reloading, m.Stopping} {
		if err := tell(); err != nil {
			t.Error(err)
		}
	}
	m.Watch(context.Background())
	(&Manager{socket: "/nowhere"}).Watch(context.Background())
}

func TestManagerGone(t *testing.T) {
	t.Parallel()
	socket := t.TempDir() + "/notify"
	err := (&Manager{socket: socket}).Ready()
	if err == nil || !strings.HasPrefix(err.Error(), "tell the service manager at "+socket+": ") || strings.Count(err.Error(), socket) != 1 {
		t.Error(err)
	}
}

// Watch tries again when the manager does not hear, until it is told to stop.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	socket := t.TempDir() + "/notify"
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			(&Manager{socket: socket, watchdog: time.Second}).Watch(ctx)
			close(ended)
		}()
		time.Sleep(time.Minute)
		select {
		case <-ended:
			t.Error("Watch gave up")
		default:
		}
		cancel()
		<-ended
	})
}

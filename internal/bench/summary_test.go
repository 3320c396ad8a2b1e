//go:build unix

package main

import (
	"strings"
	"testing"
	"time"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	var s summary
	s.add("1 KiB", []row{fast, slow, {name: "neither"}})
	s.add("", []row{fast}) // of the apps
	s.addFigures("p99", []string{"third", "gserve"}, []string{"3 ms", "1 ms"})
	var got strings.Builder
	s.print(&got)
	const want = `### Requests a second, and how many times as many gserve answers

| case  | gserve |         other | third |
|-------|-------:|--------------:|------:|
| 1 KiB | 12,000 | 2,000 (1.50x) |     - |

### CPU for a request

| case  |  gserve | other | third |
|-------|--------:|------:|------:|
| 1 KiB | 95.0 µs |     - |     - |

### Times and memory

| case | gserve | other | third |
|------|-------:|------:|------:|
| p99  |   1 ms |     - |  3 ms |

`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	got.Reset()
	new(summary).print(&got)
	if got.String() != "" {
		t.Errorf("nothing is printed as %q", got.String())
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	b := &bench{}
	b.judge(comparison{id: "1k", tail: "other", targets: []target{{"other", 1.4}, {"other", 1.6}, {"absent", 1}}}, []row{fast, slow})
	b.judgeTimes("start: time", []times{
		{"gserve", []time.Duration{3, 30, 1}}, {"a", []time.Duration{9}}, {"b", []time.Duration{2}},
	}, "b", 1.5)
	var got []string
	for _, v := range b.verdicts {
		got = append(got, v.what+" "+v.wanted+" "+v.is+" "+map[bool]string{true: "holds", false: "missed"}[v.holds])
	}
	want := []string{
		"1k: p99 against other at most 1.00x 0.09x holds",
		"1k: requests/s against other at least 1.40x 1.50x holds",
		"1k: requests/s against other at least 1.60x 1.50x missed",
		"start: time against b at most 1.50x 1.50x holds",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestJudgeWithoutSamples(t *testing.T) {
	t.Parallel()
	b := &bench{}
	c := comparison{tail: "other", targets: []target{{"other", 1}}}
	b.judge(c, []row{{name: "gserve"}, slow})
	b.judge(c, []row{fast, {name: "other"}})
	b.judge(c, []row{fast})
	b.judgeTimes("start", []times{{server: "gserve"}, {"b", []time.Duration{2}}}, "b", 1)
	b.judgeTimes("start", nil, "b", 1)
	if len(b.verdicts) != 0 {
		t.Errorf("got %+v", b.verdicts)
	}
}

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	ms := func(values ...int) []time.Duration {
		var out []time.Duration
		for _, v := range values {
			out = append(out, time.Duration(v)*time.Millisecond)
		}
		return out
	}
	var out strings.Builder
	if err := table(&out, []*subject{
		{Target: "Bare", took: ms(9, 2, 4), size: 5_000_000}, {Target: "Fn", took: ms(6, 40, 6), size: 12_340_000},
	}); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"  program  median  fastest  ratio     size\n" +
		"     Bare  4.0 ms   2.0 ms   1.00   5.0 MB\n" +
		"       Fn  6.0 ms   6.0 ms   1.50  12.3 MB\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAProgramThatGivesNoAnswer(t *testing.T) {
	if err := run(t.Context(), &strings.Builder{}, 0, false); err == nil {
		t.Error("nothing was measured, and that was no error")
	}
}

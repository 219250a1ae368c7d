package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
)

// queues returns the page of the queues with their rates, as scenarios play them and Terraform configures them.
func queues(string) (string, error) {
	var b strings.Builder
	b.WriteString(generated + "# Queues\n\n")
	b.WriteString("Each function that changes something at an outside API takes its work from one queue. The rate keeps below what the vendor grants, " +
		"with what else calls there; a task may be more than one call. A task that fails is tried again, after a wait that doubles from the first to the longest, " +
		"until it succeeds: that one stays behind is told by the alert [queue-behind](runbooks/queue-behind.md). " +
		"A rate is changed in [scripts/local/world/deployment.go](../scripts/local/world/deployment.go) and in the function's file in [terraform](../terraform): a test compares the two.\n\n")
	b.WriteString("| queue | function | tasks a second, at most | at once, at most | first wait | longest wait |\n|---|---|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(world.Queues)) {
		q := world.Queues[name]
		fmt.Fprintf(&b, "| `%s` | [%s](../functions/%[2]s) | %g | %d | %s | %s |\n", name, strings.ToLower(q.Function), q.Limits.Rate, q.Limits.Concurrency, wait(q.Limits.MinBackoff), wait(q.Limits.MaxBackoff))
	}
	return b.String(), nil
}

// wait writes a time in whole seconds or minutes.
func wait(d time.Duration) string {
	if d >= time.Minute && d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

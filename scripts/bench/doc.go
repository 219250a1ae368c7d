// Package bench holds the benchmarks that belong to no single function: the way of an event
// through all of them, and the two decisions that are taken most often. docs/bench says how to
// run them and with what to compare.
package bench

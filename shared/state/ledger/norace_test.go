//go:build !race

package ledger_test

// ordinarySeeds is how many interleavings an ordinary run of the tests tries.
const ordinarySeeds = 1000

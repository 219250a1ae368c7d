//go:build race

package ledger_test

// ordinarySeeds is how many interleavings an ordinary run of the tests tries. The race detector
// makes each of them several times slower.
const ordinarySeeds = 80

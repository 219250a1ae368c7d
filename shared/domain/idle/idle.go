// Package idle decides about accounts that nobody uses: who is warned, who is stopped, who is
// spared, and why.
//
// A system of accounts (Looker, Google Workspace) lists its accounts once a night. For each of
// them, one after the other, a [Judge] says what is to be done: nothing, a warning, a stop.
//
//	judge, err := idle.NewJudge(rule, directory, now)
//	run := judge.NewRun()
//	for each account in the listing {
//		decision := judge.Decide(&account, memory)   // memory: what earlier nights know of it
//		run.Add(&account, decision)
//	}
//	run.Summary(), run.Census()                       // the night in numbers, and as the next night compares
//
// Nothing may be done before the listing has ended well, its [Census] raises no [Doubt], the
// clocks agree ([CheckClock]) and the brake has room for all stops together: a listing that is
// wrong is wrong about everybody.
//
// Three things are told apart that a careless program takes for one:
//
//   - An account was used long ago. It is idle.
//   - An account was never used. It counts from the day on which it was made.
//   - Nobody can tell when it was used: a date is missing or cannot be read, or the account is
//     used through an API, which leaves no date. It is reported and never stopped.
//
// The package is pure: no clock, no network, and one account at a time, so that a million
// accounts take no more memory than one.
package idle

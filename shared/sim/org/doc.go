// Package org describes the companies that seed the simulated vendors: people, groups,
// Looker users, cloud projects, connectors and catalogue tables.
//
// A [Company] comes from one of four places: a public groups.yaml, the project's own company
// file (both through [Parse]), the built-in [Demo], or [Generate] for any size. Companies
// merge, so that the groups of one file and the Looker users of another make one world.
//
// The package holds data and checks it; it knows no vendor's API. Addresses are kept in lower
// case, because Google compares them without regard to case.
package org

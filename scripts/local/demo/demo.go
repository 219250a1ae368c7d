// Package demo holds the policy under which the demo company lives when nobody names another.
package demo

import (
	"embed"
	"io/fs"
)

//go:embed policy.yaml
var files embed.FS

// Policy returns the files of the demo policy.
func Policy() fs.FS { return files }

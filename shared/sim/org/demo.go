package org

import (
	_ "embed"
	"fmt"
)

//go:embed demo.yaml
var demoFile []byte

// Demo returns the company that a world has when nobody loads another: about fourteen people
// at example.com with groups that nest, settings that are too open, Looker accounts that
// nobody has used for a long time, a cloud project, connectors and a data catalogue.
func Demo() *Company {
	c, err := Parse("demo.yaml", demoFile)
	if err != nil {
		// The file is part of the program, and a test parses it.
		panic(fmt.Sprintf("the demo company: %v", err))
	}
	return c
}

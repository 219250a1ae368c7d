// Command gendocs writes the pages of docs that follow from the code, so that they cannot say
// anything else than the code does:
//
//	go run ./scripts/gendocs
//
// It is run from the top of the repository. A test fails while a page is not what gendocs would
// write.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// pages are the generated pages, by file name in docs. They are made from the source below root.
var pages = map[string]func(root string) (string, error){
	"change-states.md": func(string) (string, error) { return changeStates() },
	"configuration.md": configuration,
	"permissions.md":   permissions,
	"queues.md":        queues,
}

func main() {
	root := flag.String("root", ".", "the top of the repository, as a `directory`")
	flag.Parse()
	if err := write(*root, filepath.Join(*root, "docs")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write writes all pages, made from the source below root, into a folder.
func write(root, docs string) error {
	if err := os.MkdirAll(docs, 0o755); err != nil {
		return fmt.Errorf("make the folder for the pages: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		text, err := pages[name](root)
		if err != nil {
			return fmt.Errorf("generate %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(docs, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write a page: %w", err)
		}
	}
	return nil
}

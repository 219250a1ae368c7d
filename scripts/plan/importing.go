package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/domain/secret"
)

// catalog returns a client of the data catalogue.
func (p *platform) catalog() (*openmetadata.Client, error) {
	return openmetadata.New(openmetadata.Options{
		Client: &http.Client{Transport: p.Outbound}, BaseURL: p.CatalogURL, Token: secret.New(p.CatalogToken), Now: p.Now,
	})
}

// importCatalog reads the data catalogue and returns its teams, roles and policies as a policy file.
// What is left to do stands at the top of it, as comments. What keeps the file from being taken as
// it is, such as a function in a condition that only the catalogue knows, goes to log, and so does
// what looks wrong in it.
func importCatalog(ctx context.Context, p *platform, log io.Writer) (string, error) {
	if p.CatalogURL == "" || p.CatalogToken == "" {
		return "", errors.New("import the catalogue: OPENMETADATA_URL and OPENMETADATA_TOKEN are not set")
	}
	client, err := p.catalog()
	if err != nil {
		return "", err
	}
	present, err := client.Read(ctx)
	if err != nil {
		return "", fmt.Errorf("import the catalogue: %w", err)
	}
	if !present.Whole() {
		return "", fmt.Errorf("import the catalogue: %w", catalog.ErrNotWhole)
	}
	found, notes := catalog.Import(present, theCatalogues(), ours())
	var text strings.Builder
	for _, note := range notes {
		fmt.Fprintf(&text, "# %s\n", strings.ReplaceAll(note, "\n", " "))
	}
	text.WriteString(found.PolicyFile())
	read, err := policyfile.Parse("imported", []byte(text.String()))
	switch {
	case err != nil:
		fmt.Fprintf(log, "the file has to be mended before it is a policy:\n%v\n", err)
	case len(read.Warnings) > 0:
		fmt.Fprintf(log, "the file is a policy; look at this before it is yours:\n%v\n", read.Warnings)
	}
	return text.String(), nil
}

// theCatalogues lists the operations that only the data catalogue asks about, without All.
func theCatalogues() []string {
	return slices.DeleteFunc(policy.Operations(), func(o string) bool {
		own := slices.ContainsFunc(policy.Permissions(), func(p policy.Permission) bool { return string(p.Operation) == o })
		return own || o == string(policy.All)
	})
}

// ours lists the types of resource that Sekisho decides about.
func ours() []string {
	var out []string
	for _, p := range policy.Permissions() {
		out = append(out, p.Type)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

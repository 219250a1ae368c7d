package main

import (
	"context"
	"errors"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// examineCatalog reads the data catalogue as functions/catalogsync does, and looks for its bot there.
func examineCatalog(ctx context.Context, p *platform, c *checkup) {
	const name = "OpenMetadata token"
	if p.CatalogURL == "" {
		c.skip(name, "OPENMETADATA_URL is not set")
		return
	}
	var present catalog.Present
	client, err := p.catalog()
	if err == nil {
		present, err = client.Read(ctx)
	}
	if c.found(name, err, func(err error) (string, []string) { return mendCatalog(p, err) }) {
		examineCatalogBot(p, present, c)
	}
}

// examineCatalogBot looks at the account whose changes are told from other people's by its name.
func examineCatalogBot(p *platform, present catalog.Present, c *checkup) {
	const name = "OpenMetadata bot"
	if p.CatalogBot == "" {
		c.skip(name, "OPENMETADATA_BOT is not set")
		return
	}
	for _, u := range present.Users {
		switch {
		case !u.Bot || u.Name != p.CatalogBot:
		case !u.Trusted:
			c.missing(name, p.CatalogBot+" is no administrator and has no role: it may read, and change nothing",
				"open "+catalogPage(p)+"/"+p.CatalogBot+", and give the bot a role whose policy allows everything on teams, users, roles and policies")
			return
		default:
			c.fine(name)
			return
		}
	}
	c.missing(name, "the catalogue has no bot "+p.CatalogBot+": what Sekisho changes would be taken for other people's",
		"open "+catalogPage(p)+", and set OPENMETADATA_BOT to the name of the bot whose token OPENMETADATA_TOKEN is")
}

// catalogPage is where the catalogue lists its bots.
func catalogPage(p *platform) string {
	return strings.TrimSuffix(strings.TrimSuffix(p.CatalogURL, "/"), "/api") + "/settings/bots"
}

func mendCatalog(p *platform, err error) (string, []string) {
	const address = "set OPENMETADATA_URL to the address of the API, with /api at its end: https://catalog.example.com/api"
	var e *openmetadata.Error
	if !errors.As(err, &e) {
		return err.Error(), []string{address}
	}
	base := strings.TrimSuffix(p.CatalogURL, "/")
	switch {
	case errors.Is(err, openmetadata.ErrForbidden):
		return "OpenMetadata does not take the token: " + e.Message,
			[]string{"open " + catalogPage(p) + ", choose the bot, press Generate New Token, and set OPENMETADATA_TOKEN to it"}
	// What is no API answers every path with a page for people, or knows none.
	case e.Code == 404, errors.Is(err, openmetadata.ErrIncomplete):
		return "what answers there is not the API: " + e.Message, []string{address, "curl -sS " + base + "/v1/system/version"}
	}
	return mendVendor(e, "OpenMetadata", base+"/v1/system/version", catalogPage(p))
}

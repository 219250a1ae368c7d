package main

import (
	"io"
	"net/http"

	simopenmetadata "github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// down answers every request to a host with a status and nothing else.
func down(d *demoCompany, host string, status int) {
	d.transport[host] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// catalogFaults are those of the data catalogue.
var catalogFaults = map[string]fault{
	"the token of the catalogue is wrong": {
		func(d *demoCompany) { d.CatalogToken = "old" },
		"OpenMetadata token", "open http://catalog.demo/settings/bots, choose the bot, press Generate New Token, and set OPENMETADATA_TOKEN",
	},
	"the token of the catalogue may not read": {
		func(d *demoCompany) {
			d.transport["catalog.demo"] = refusing(d.transport["catalog.demo"], path("/users"), 403, "", "", "operations not allowed")
		},
		"OpenMetadata token", "set OPENMETADATA_TOKEN",
	},
	"the catalogue's address is that of its page": {
		func(d *demoCompany) {
			d.CatalogURL = "http://catalog.demo"
			d.transport["catalog.demo"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "<!doctype html><title>OpenMetadata</title>")
			})
		},
		"OpenMetadata token", "set OPENMETADATA_URL to the address of the API, with /api at its end",
	},
	"the catalogue's address has another path": {
		func(d *demoCompany) { d.CatalogURL = "http://catalog.demo/elsewhere" },
		"OpenMetadata token", "curl -sS http://catalog.demo/elsewhere/v1/system/version",
	},
	"the catalogue's address is none": {
		func(d *demoCompany) { d.CatalogURL = "catalog.demo" },
		"OpenMetadata token", "set OPENMETADATA_URL to the address of the API",
	},
	"the catalogue is not reached": {
		func(d *demoCompany) { delete(d.transport, "catalog.demo") },
		"OpenMetadata token", "curl -sSI http://catalog.demo/api/v1/system/version",
	},
	"the catalogue has no such bot": {
		func(d *demoCompany) { d.CatalogBot = "nobody" },
		"OpenMetadata bot", "open http://catalog.demo/settings/bots, and set OPENMETADATA_BOT",
	},
	"the bot of the catalogue may change nothing": {
		func(d *demoCompany) {
			server, err := simopenmetadata.New(simopenmetadata.Options{
				Company: org.Demo(), Now: d.Now, Calls: d.calls, Faults: d.faults, Seed: demoSeed, Tokens: map[string]simopenmetadata.Bot{demoSecret: {Name: demoBot}},
			})
			if err != nil {
				panic(err)
			}
			d.transport["catalog.demo"] = server
		},
		"OpenMetadata bot", "open http://catalog.demo/settings/bots/plan-bot, and give the bot a role",
	},
}

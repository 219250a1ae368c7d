package main

import (
	"context"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
)

const slackScopesHeader = "X-OAuth-Scopes"

var slackScopes = []string{"chat:write"}

func examine(context.Context, *platform, *policyfile.Policy) (printable, error) { return nil, nil }

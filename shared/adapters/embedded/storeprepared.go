package embedded

import (
	"context"
	"database/sql"
	"sync"
)

// maxPrepared bounds how many texts of queries are kept prepared. The texts depend on the
// shape of a query only, and a program has a few dozen shapes.
const maxPrepared = 500

// preparedQueries runs queries outside of transactions, and keeps them prepared: planning one
// takes longer than most take to run.
type preparedQueries struct {
	sql *sql.DB

	mu   sync.Mutex
	kept map[string]*sql.Stmt // closed with the database
}

// QueryContext implements querier.
func (p *preparedQueries) QueryContext(ctx context.Context, text string, arguments ...any) (*sql.Rows, error) {
	p.mu.Lock()
	statement, full := p.kept[text], len(p.kept) >= maxPrepared
	p.mu.Unlock()
	if statement == nil && full {
		return p.sql.QueryContext(ctx, text, arguments...)
	}
	if statement == nil {
		var err error
		if statement, err = p.sql.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
		p.mu.Lock()
		if other := p.kept[text]; other != nil {
			statement.Close() // another was faster
			statement = other
		} else {
			p.kept[text] = statement
		}
		p.mu.Unlock()
	}
	return statement.QueryContext(ctx, arguments...)
}

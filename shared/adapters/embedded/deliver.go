package embedded

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Option changes how a [Bus] or [Queue] delivers.
type Option func(*deliverer)

// Bearer makes every delivery carry an Authorization header with the token that token returns
// for the delivery's endpoint, as Pub/Sub and Cloud Tasks do with OpenID Connect. A delivery
// for which there is no token has failed and is tried again.
func Bearer(token func(ctx context.Context, endpoint string) (string, error)) Option {
	return func(d *deliverer) { d.token = token }
}

// deliverer is what bus and queue have in common: a request is due, is posted outside of any
// transaction, and its outcome is written down.
//
// All state is in the database. A row is marked while its delivery runs, the marks end when
// the database is opened, and so a delivery that the end of the process cut off is due again.
type deliverer struct {
	db    *DB
	token func(ctx context.Context, endpoint string) (string, error)
}

func newDeliverer(db *DB, options []Option) deliverer {
	d := deliverer{db: db}
	for _, o := range options {
		o(&d)
	}
	return d
}

// prepare parses the statements of bus and queue, which would else take longer to parse than
// to run.
func (db *DB) prepare() error {
	db.prepared = map[string]*sql.Stmt{}
	for _, query := range slices.Concat(busStatements, queueStatements) {
		statement, err := db.sql.Prepare(query)
		if err != nil {
			return fmt.Errorf("%w in %s", err, query)
		}
		db.prepared[query] = statement
	}
	return nil
}

// stmt returns a prepared statement, in the transaction tx unless that is nil.
func (db *DB) stmt(tx *sql.Tx, query string) *sql.Stmt {
	if tx == nil {
		return db.prepared[query]
	}
	return tx.Stmt(db.prepared[query])
}

// post sends one request and returns the status of the answer.
func (d deliverer) post(ctx context.Context, client *http.Client, endpoint string, header http.Header, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header = header
	req.Header.Set("Content-Type", "application/json")
	if d.token != nil {
		token, err := d.token(ctx, endpoint)
		if err != nil {
			return 0, fmt.Errorf("get a token for %s: %w", endpoint, err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	straight := *client
	straight.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := straight.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	// What little is left of the answer is read so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	return resp.StatusCode, nil
}

// inTx runs do in one transaction, which is undone when do returns an error. It does not begin
// when ctx ends before the database is free, and once begun does not end with ctx.
func (d deliverer) inTx(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	conn, err := d.db.sql.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx = context.WithoutCancel(ctx)
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// workers is how many deliveries of one Serve run at once.
const workers = 16

// serve calls runNext whenever something is due, until ctx ends or runNext cannot reach the
// database.
func (d deliverer) serve(ctx context.Context, next func(context.Context) (time.Time, bool), runNext func(context.Context) (bool, error)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for ctx.Err() == nil {
				rings := d.db.bell.next() // before the look, so that nothing is missed after it
				ran, err := runNext(ctx)
				if err != nil {
					stop(err)
				}
				if !ran {
					d.sleep(ctx, rings, next)
				}
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); !errors.Is(err, ctx.Err()) {
		return err
	}
	return nil
}

// sleep waits until something is due, the bell rings, or ctx ends.
func (d deliverer) sleep(ctx context.Context, rings <-chan struct{}, next func(context.Context) (time.Time, bool)) {
	var due <-chan time.Time
	if at, ok := next(ctx); ok {
		timer := time.NewTimer(at.Sub(d.db.now()))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-rings:
	case <-ctx.Done():
	}
}

// Wake makes every Serve look again at what is due. It must be called after the clock that the
// database was opened with has been moved by hand.
func (db *DB) Wake() { db.bell.ring() }

// bell wakes all who wait for it. The zero bell is ready.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
}

// next returns a channel that is closed when the bell next rings.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

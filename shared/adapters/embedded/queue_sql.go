package embedded

// Times are nanoseconds since 1970. The last two statements end the marks of tasks that ran
// when the database was last closed, or its process killed, and close every queue until the
// program opens it again.
const queueSchema = `
CREATE TABLE IF NOT EXISTS queues (
	name        TEXT PRIMARY KEY,
	definition  TEXT NOT NULL,    -- Destination as JSON
	concurrency INTEGER NOT NULL,
	running     INTEGER NOT NULL, -- tasks under way
	next_start  INTEGER NOT NULL, -- the rate allows no start before
	open        INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS queue_tasks (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	queue    TEXT NOT NULL,
	name     TEXT NOT NULL, -- empty where the task is not coalesced
	body     BLOB,
	added    INTEGER NOT NULL,
	due      INTEGER NOT NULL,
	attempts INTEGER NOT NULL, -- tries begun
	state    INTEGER NOT NULL  -- 0 waits until it is due, 1 runs
);
CREATE INDEX IF NOT EXISTS queue_tasks_due ON queue_tasks (queue, due) WHERE state = 0;
CREATE TABLE IF NOT EXISTS queue_names (
	queue     TEXT NOT NULL,
	name      TEXT NOT NULL,
	forgotten INTEGER NOT NULL, -- when the name is free again
	PRIMARY KEY (queue, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS queue_names_forgotten ON queue_names (forgotten);
CREATE TABLE IF NOT EXISTS queue_given_up (
	seq      INTEGER PRIMARY KEY,
	queue    TEXT NOT NULL,
	name     TEXT NOT NULL,
	body     BLOB,
	attempts INTEGER NOT NULL,
	at       INTEGER NOT NULL,
	reason   TEXT NOT NULL
);
UPDATE queue_tasks SET state = 0 WHERE state = 1;
UPDATE queues SET running = 0, open = 0;
`

// What is asked of the tables.
const (
	queueOpen = `
		INSERT INTO queues VALUES (?1, ?2, ?3, 0, 0, 1)
		ON CONFLICT (name) DO UPDATE SET definition = ?2, concurrency = ?3, open = 1`
	queueIsOpen     = `SELECT open FROM queues WHERE name = ?`
	queueDefinition = `SELECT definition FROM queues WHERE name = ?`
	queueEnter      = `UPDATE queues SET running = running + 1, next_start = ? WHERE name = ?`
	queueLeave      = `UPDATE queues SET running = running - 1 WHERE name = ?`

	queueAdd = `INSERT INTO queue_tasks (queue, name, body, added, due, attempts, state) VALUES (?, ?, ?, ?, ?, 0, 0)`
	// Only the head of each queue is looked at.
	queueFirst = `
		SELECT t.seq, max(t.due, q.next_start) AS start
		FROM queues q JOIN queue_tasks t ON t.seq = (
			SELECT seq FROM queue_tasks WHERE queue = q.name AND state = 0 ORDER BY due, seq LIMIT 1)
		WHERE q.open AND q.running < q.concurrency
		ORDER BY start, t.seq LIMIT 1`
	queueClaim = `
		UPDATE queue_tasks SET state = 1, attempts = attempts + 1 WHERE seq = ?
		RETURNING queue, name, body, due, attempts`
	queueAgain  = `UPDATE queue_tasks SET state = 0, due = ? WHERE seq = ?`
	queueRemove = `DELETE FROM queue_tasks WHERE seq = ?`
	queueCount  = `SELECT count(*), min(added) FROM queue_tasks WHERE queue = ?`

	// Changes a row only where the name is free.
	queueTakeName = `
		INSERT INTO queue_names VALUES (?1, ?2, ?3)
		ON CONFLICT DO UPDATE SET forgotten = ?3 WHERE forgotten <= ?4`
	queueLetName = `UPDATE queue_names SET forgotten = ? WHERE queue = ? AND name = ?`
	queueForget  = `DELETE FROM queue_names WHERE forgotten <= ?`

	queueGiveUp  = `INSERT INTO queue_given_up (queue, name, body, attempts, at, reason) VALUES (?, ?, ?, ?, ?, ?)`
	queueGivenUp = `SELECT name, body, attempts, at, reason FROM queue_given_up WHERE queue = ? ORDER BY seq`
)

var queueStatements = []string{
	queueOpen, queueIsOpen, queueDefinition, queueEnter, queueLeave,
	queueAdd, queueFirst, queueClaim, queueAgain, queueRemove, queueCount,
	queueTakeName, queueLetName, queueForget, queueGiveUp, queueGivenUp,
}

package embedded

// Each message has one row for each subscription that it passes to. Times are nanoseconds
// since 1970. The last statement ends the marks of deliveries that ran when the database was
// last closed, or its process killed.
const busSchema = `
CREATE TABLE IF NOT EXISTS bus_topics (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bus_subscriptions (
	name       TEXT PRIMARY KEY,
	topic      TEXT NOT NULL,
	definition TEXT NOT NULL -- bus.Subscription as JSON
);
CREATE INDEX IF NOT EXISTS bus_subscriptions_topic ON bus_subscriptions (topic);
CREATE TABLE IF NOT EXISTS bus_last_message (one INTEGER PRIMARY KEY CHECK (one = 1), id INTEGER NOT NULL);
INSERT OR IGNORE INTO bus_last_message VALUES (1, 0);
CREATE TABLE IF NOT EXISTS bus_deliveries (
	seq          INTEGER PRIMARY KEY,
	subscription TEXT NOT NULL,
	message      INTEGER NOT NULL,
	data         BLOB,
	attributes   TEXT NOT NULL, -- a JSON object
	ordering_key TEXT NOT NULL,
	published    INTEGER NOT NULL,
	due          INTEGER NOT NULL,
	attempts     INTEGER NOT NULL, -- deliveries begun
	state        INTEGER NOT NULL  -- 0 waits until it is due, 1 runs, 2 is held behind an earlier one of its key
);
CREATE INDEX IF NOT EXISTS bus_deliveries_due ON bus_deliveries (due) WHERE state = 0;
CREATE INDEX IF NOT EXISTS bus_deliveries_key ON bus_deliveries (subscription, ordering_key);
UPDATE bus_deliveries SET state = 0 WHERE state = 1;
`

// What is asked of the tables.
const (
	busAddTopic  = `INSERT OR IGNORE INTO bus_topics VALUES (?)`
	busSubscribe = `
		INSERT INTO bus_subscriptions VALUES (?1, ?2, ?3)
		ON CONFLICT (name) DO UPDATE SET topic = ?2, definition = ?3`
	busDefinition = `SELECT definition FROM bus_subscriptions WHERE name = ?`
	// One row of NULL for a topic without subscriptions, none for an unknown topic.
	busSubscribers = `
		SELECT s.definition FROM bus_topics t LEFT JOIN bus_subscriptions s ON s.topic = t.name
		WHERE t.name = ? ORDER BY s.rowid`
	busNewID = `UPDATE bus_last_message SET id = id + 1 RETURNING id`

	// A message of an ordered subscription is held behind an earlier one of its key.
	busAdd = `
		INSERT INTO bus_deliveries (subscription, message, data, attributes, ordering_key, published, due, attempts, state)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, CASE WHEN ?7 AND ?5 <> '' AND EXISTS (
			SELECT 1 FROM bus_deliveries WHERE subscription = ?1 AND ordering_key = ?5) THEN 2 ELSE 0 END)`
	busNext  = `SELECT due FROM bus_deliveries WHERE state = 0 ORDER BY due LIMIT 1`
	busClaim = `
		UPDATE bus_deliveries SET state = 1, attempts = attempts + 1
		WHERE seq = (SELECT seq FROM bus_deliveries WHERE state = 0 AND due <= ? ORDER BY due, seq LIMIT 1)
		RETURNING seq, subscription, message, data, attributes, ordering_key, published, attempts`
	busAgain   = `UPDATE bus_deliveries SET state = 0, due = ? WHERE seq = ?`
	busRemove  = `DELETE FROM bus_deliveries WHERE seq = ?`
	busRelease = `
		UPDATE bus_deliveries SET state = 0, due = ?1
		WHERE state = 2 AND seq = (SELECT min(seq) FROM bus_deliveries WHERE subscription = ?2 AND ordering_key = ?3)`
	busCount = `SELECT count(*), min(published) FROM bus_deliveries WHERE subscription = ?`
)

var busStatements = []string{
	busAddTopic, busSubscribe, busDefinition, busSubscribers, busNewID,
	busAdd, busNext, busClaim, busAgain, busRemove, busRelease, busCount,
}

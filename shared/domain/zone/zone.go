// Package zone words times for people, in the time zone in which they live: 22 Nov 2026 18:05 JST.
//
// Zones are those of the IANA database (https://www.iana.org/time-zones), by their names there,
// such as Asia/Tokyo. The database is linked in.
package zone

import (
	"fmt"
	"time"
	_ "time/tzdata" // the places where functions run need not have a database of zones
)

// Parse returns the zone of a name; that of the empty name is UTC.
func Parse(name string) (*time.Location, error) {
	if name == "Local" { // what Go calls the zone of the machine
		return nil, fmt.Errorf("read the time zone %s: it is no name of a zone", name)
	}
	at, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("read the time zone: %w", err)
	}
	return at, nil
}

// Of returns the zone of a name that others have given. One that is not known is UTC: a time that
// says so is better than none.
func Of(name string) *time.Location {
	at, err := Parse(name)
	if err != nil {
		return time.UTC
	}
	return at
}

// Clock words an instant as the clocks of a zone show it, and names the zone. The layout is that of
// [time.Time.Format], without a zone.
func Clock(t time.Time, at *time.Location, layout string) string {
	t = t.In(at)
	return t.Format(layout) + " " + abbreviation(t)
}

// abbreviation is what people there call their time: JST, or CET in winter and CEST in summer. Zones
// whose time has no such name in the database, but digits, are called by how far they are from UTC:
// UTC-3, UTC+5:45.
func abbreviation(t time.Time) string {
	name, seconds := t.Zone()
	if name != "" && name[0] >= 'A' && name[0] <= 'Z' {
		return name
	}
	sign, minutes := "+", seconds/60
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	switch {
	case minutes == 0:
		return "UTC"
	case minutes%60 == 0:
		return fmt.Sprintf("UTC%s%d", sign, minutes/60)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, minutes/60, minutes%60)
}

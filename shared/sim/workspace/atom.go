package workspace

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
)

// atomEntry writes a Groups Settings answer as the Atom entry that the API sends unless it is
// asked for JSON.
// https://developers.google.com/workspace/admin/groups-settings/v1/reference/groups
func atomEntry(body []byte) ([]byte, error) {
	var values map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&values); err != nil {
		return nil, fmt.Errorf("read the answer to write it as atom: %w", err)
	}
	var b bytes.Buffer
	b.WriteString(xml.Header + `<entry xmlns="http://www.w3.org/2005/Atom" xmlns:apps="http://schemas.google.com/apps/2006" xmlns:gd="http://schemas.google.com/g/2005">`)
	element := func(name string, value any) {
		fmt.Fprintf(&b, "<%s>", name)
		_ = xml.EscapeText(&b, fmt.Append(nil, value)) // a buffer takes everything
		fmt.Fprintf(&b, "</%s>", name)
	}
	element("id", fmt.Sprintf("tag:googleapis.com,2010:apps:groupssettings:GROUP:%v", values["email"]))
	element("title", "Groups Resource Entry")
	b.WriteString("<author><name>Google</name></author>")
	for _, name := range sortedKeys(values) {
		if name != "kind" {
			element("apps:"+name, values[name])
		}
	}
	b.WriteString("</entry>\n")
	return b.Bytes(), nil
}

// atomError writes an error in XML.
func atomError(e *apiError) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<errors xmlns="http://schemas.google.com/g/2005"><error><domain>`)
	_ = xml.EscapeText(&b, []byte(e.domain)) // a buffer takes everything
	fmt.Fprintf(&b, "</domain><code>%s</code><internalReason>", e.reason)
	_ = xml.EscapeText(&b, []byte(e.message))
	b.WriteString("</internalReason></error></errors>\n")
	return b.Bytes()
}

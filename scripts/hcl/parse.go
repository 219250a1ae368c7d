package hcl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Parse reads one file.
func Parse(text string) (Body, error) {
	p := &parser{text: text}
	body, err := p.body(true)
	if err != nil {
		return Body{}, fmt.Errorf("line %d: %w", 1+strings.Count(p.text[:p.at], "\n"), err)
	}
	return body, nil
}

// parser reads a text from a place on.
type parser struct {
	text string
	at   int
}

var (
	errEnd    = errors.New("the text ends in the middle of something")
	errSyntax = errors.New("neither an attribute nor a block")
)

// body reads attributes and blocks, up to the closing brace or, for a file, to the end.
func (p *parser) body(file bool) (Body, error) {
	b := Body{Attributes: map[string]any{}}
	for {
		p.blank()
		switch {
		case p.at == len(p.text):
			if !file {
				return b, errEnd
			}
			return b, nil
		case p.text[p.at] == '}' && !file:
			p.at++
			return b, nil
		}
		name := p.word()
		if name == "" {
			return b, errSyntax
		}
		p.spaces()
		if p.next("=") {
			raw, err := p.expression()
			if err != nil {
				return b, err
			}
			b.Attributes[name] = value(raw)
			continue
		}
		block, err := p.block(name)
		if err != nil {
			return b, err
		}
		b.Blocks = append(b.Blocks, block)
	}
}

// block reads the labels and the body of a block of one type.
func (p *parser) block(typ string) (Block, error) {
	block := Block{Type: typ}
	for {
		p.spaces()
		switch {
		case p.next("{"):
			var err error
			block.Body, err = p.body(false)
			return block, err
		case p.at < len(p.text) && p.text[p.at] == '"':
			begin := p.at
			if err := p.quoted(); err != nil {
				return block, err
			}
			label, ok := value(p.text[begin:p.at]).(string)
			if !ok {
				return block, errSyntax
			}
			block.Labels = append(block.Labels, label)
		default:
			label := p.word()
			if label == "" {
				return block, errSyntax
			}
			block.Labels = append(block.Labels, label)
		}
	}
}

// expression reads a value up to the end of its line, or to the comma or bracket behind it;
// what is in brackets may go over many lines.
func (p *parser) expression() (string, error) {
	p.spaces()
	begin, depth := p.at, 0
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			if err := p.quoted(); err != nil {
				return "", err
			}
			continue
		case strings.HasPrefix(p.text[p.at:], "<<"):
			if err := p.heredoc(); err != nil {
				return "", err
			}
			continue
		case p.comment():
			continue
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			if depth == 0 {
				return strings.TrimSpace(p.text[begin:p.at]), nil
			}
			depth--
		case depth == 0 && (c == '\n' || c == ','):
			return strings.TrimSpace(p.text[begin:p.at]), nil
		}
		p.at++
	}
	if depth > 0 {
		return "", errEnd
	}
	return strings.TrimSpace(p.text[begin:]), nil
}

// quoted passes over a text in quotation marks, with what is in its ${…}.
func (p *parser) quoted() error {
	for p.at++; p.at < len(p.text); p.at++ {
		switch {
		case p.text[p.at] == '\\':
			p.at++
		case p.text[p.at] == '"':
			p.at++
			return nil
		case p.text[p.at] == '\n':
			return errEnd
		case strings.HasPrefix(p.text[p.at:], "${") && !strings.HasPrefix(p.text[p.at-1:], "$${"):
			p.at += 2
			if _, err := p.expression(); err != nil {
				return err
			}
			if p.at == len(p.text) || p.text[p.at] != '}' {
				return errEnd
			}
		}
	}
	p.at = len(p.text) // a backslash may have been the last character
	return errEnd
}

// heredoc passes over a text between <<WORD and WORD.
func (p *parser) heredoc() error {
	head, _, ok := strings.Cut(p.text[p.at:], "\n")
	word := strings.TrimSpace(strings.TrimLeft(head, "<-"))
	if !ok || word == "" {
		return errEnd
	}
	p.at += len(head) + 1
	for p.at < len(p.text) {
		line, _, _ := strings.Cut(p.text[p.at:], "\n")
		p.at += len(line)
		if strings.TrimSpace(line) == word {
			return nil
		}
		p.at = min(p.at+1, len(p.text))
	}
	return errEnd
}

// comment passes over a comment, and reports whether there was one. The end of a line is not
// part of it.
func (p *parser) comment() bool {
	rest := p.text[p.at:]
	switch {
	case strings.HasPrefix(rest, "#"), strings.HasPrefix(rest, "//"):
		line, _, _ := strings.Cut(rest, "\n")
		p.at += len(line)
		return true
	case strings.HasPrefix(rest, "/*"):
		before, _, _ := strings.Cut(rest, "*/")
		p.at = min(p.at+len(before)+2, len(p.text))
		return true
	}
	return false
}

// spaces passes over what stands between the words of a line, blank over whole lines too.
func (p *parser) spaces() { p.skip(" \t\r") }
func (p *parser) blank()  { p.skip(" \t\r\n") }

func (p *parser) skip(characters string) {
	for p.at < len(p.text) && (p.comment() || strings.IndexByte(characters, p.text[p.at]) >= 0 && p.next(p.text[p.at:p.at+1])) {
	}
}

// next passes over a word if it is the next one.
func (p *parser) next(word string) bool {
	if !strings.HasPrefix(p.text[p.at:], word) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *parser) word() string {
	begin := p.at
	for p.at < len(p.text) && letter(p.text[p.at]) {
		p.at++
	}
	return p.text[begin:p.at]
}

func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
}

// value returns a value that is written out, and everything else as an [Expression].
func value(raw string) any {
	p := &parser{text: raw}
	if v, ok := p.literal(); ok {
		if p.blank(); p.at == len(p.text) {
			return v
		}
	}
	return Expression(raw)
}

// literal reads one value that is written out; the boolean is false where it is not.
func (p *parser) literal() (any, bool) {
	p.blank()
	if p.at == len(p.text) {
		return nil, false
	}
	switch p.text[p.at] {
	case '"':
		begin := p.at
		if p.quoted() != nil || strings.Contains(p.text[begin:p.at], "${") {
			return nil, false
		}
		text, err := strconv.Unquote(p.text[begin:p.at])
		return text, err == nil
	case '[':
		return p.list()
	case '{':
		return p.object()
	}
	switch word := p.word(); word {
	case "true", "false":
		return word == "true", true
	case "null":
		return nil, true
	default:
		number, err := strconv.ParseFloat(word, 64)
		return number, err == nil
	}
}

func (p *parser) list() (any, bool) {
	list := []any{}
	for p.at++; ; {
		if p.blank(); p.next("]") {
			return list, true
		}
		raw, err := p.expression()
		if err != nil || raw == "" || strings.HasPrefix(raw, "for ") {
			return nil, false
		}
		list = append(list, value(raw))
		if p.blank(); !p.next(",") && !strings.HasPrefix(p.text[p.at:], "]") {
			return nil, false
		}
	}
}

func (p *parser) object() (any, bool) {
	object := map[string]any{}
	for p.at++; ; {
		if p.blank(); p.next("}") {
			return object, true
		}
		key := p.word()
		if key == "" {
			quoted, _ := p.literal()
			var ok bool
			if key, ok = quoted.(string); !ok {
				return nil, false
			}
		}
		if p.spaces(); !p.next("=") && !p.next(":") { // {for … in …} has neither
			return nil, false
		}
		raw, err := p.expression()
		if err != nil || raw == "" {
			return nil, false
		}
		object[key] = value(raw)
		p.spaces()
		p.next(",")
	}
}

package policy

import (
	"fmt"
	"strings"
)

// voice is a language in which people are told something.
type voice bool

const (
	english  voice = false
	japanese voice = true
)

// voiceOf returns the language for a BCP 47 tag.
func voiceOf(tag string) voice { return voice(strings.HasPrefix(strings.ToLower(tag), "ja")) }

// says returns a text in the language, with the same arguments in both.
func (v voice) says(inEnglish, inJapanese string, args ...any) string {
	text := inEnglish
	if v == japanese {
		text = inJapanese
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// sentence joins words as the language does; none are an empty text.
func (v voice) sentence(words []string) string {
	last := len(words) - 1
	if v == japanese || last < 1 {
		return strings.Join(words, "、")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Phrase is something that is said to people, in both languages.
type Phrase struct{ English, Japanese string }

// String returns the English words.
func (p Phrase) String() string { return p.English }

// In returns the words in a language, as [Explanation.In] takes it.
func (p Phrase) In(language string) string { return p.in(voiceOf(language)) }

// in returns the words in a language.
func (p Phrase) in(v voice) string { return v.says(p.English, p.Japanese) }

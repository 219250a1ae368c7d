package slacknotify

import "github.com/sekisho/sekisho/shared/domain/change"

var englishCatalog = map[change.Kind]kindWords{
	change.CatalogApply: {subject: "the catalogue: %s"},
}

var japaneseCatalog = map[change.Kind]kindWords{
	change.CatalogApply: {subject: "データカタログ: %s"},
}

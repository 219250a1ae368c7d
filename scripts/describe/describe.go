// Package describe reads from the source what the functions say of themselves: the headings of
// their package comments, the variables that configure them, the Google scopes they ask for,
// and the roles they name. Documentation is made of it, and Terraform is held against it.
package describe

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Function is what one function says of itself.
type Function struct {
	// Name is that of its folder, EntryPoint the one under which it registers itself.
	Name, EntryPoint string
	// Synopsis is the first sentence of its package comment.
	Synopsis string
	// Headings are the parts of the package comment by their heading, such as "Permissions", in
	// one line each.
	Headings  map[string]string
	Variables []Variable
	// Scopes are the Google scopes for which it asks in its code, without what they all begin
	// with, sorted.
	Scopes []string
}

// Headings are the parts that every function's package comment has, in their order.
var Headings = []string{"Trigger", "Reads", "Writes", "Calls", "Permissions", "On failure"}

// Variable is one variable of a configuration.
type Variable struct {
	Name, Default, Type string
	// Doc is its field's comment.
	Doc string
	// Required says that the function does not start without it, Conditional that it does not
	// where others are set.
	Required, Conditional bool
}

// Functions returns what all functions of the repository say of themselves, by name. A folder
// in which nothing registers itself holds no function.
func Functions(root string) ([]Function, error) {
	dirs, err := filepath.Glob(filepath.Join(root, "functions", "*"))
	if err != nil {
		return nil, fmt.Errorf("look for functions: %w", err)
	}
	var all []Function
	for _, dir := range dirs {
		f, err := function(dir)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Base(dir), err)
		}
		if f.EntryPoint != "" {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no functions in %s", root)
	}
	return all, nil
}

// Platform returns the variables that every function has in production.
func Platform(root string) ([]Variable, error) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "shared", "cloudfn", "production.go"), nil, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("read the platform: %w", err)
	}
	return variables("platform", file), nil
}

func function(dir string) (Function, error) {
	f := Function{Name: filepath.Base(dir)}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return f, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return f, err
		}
		if filepath.Base(name) == "function.go" {
			text := file.Doc.Text()
			f.Synopsis, f.Headings, f.EntryPoint = new(doc.Package).Synopsis(text), headings(text), entryPoint(file)
		}
		files = append(files, file)
	}
	f.Variables, f.Scopes = variables("config", files...), scopes(files)
	return f, nil
}

// entryPoint returns the name in the literal of a cloudfn.Function.
func entryPoint(file *ast.File) (name string) {
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok || typeName(literal.Type) != "cloudfn.Function" {
			return true
		}
		for _, element := range literal.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok && fmt.Sprint(pair.Key) == "Name" {
				name = literalText(pair.Value)
			}
		}
		return false
	})
	return name
}

// headings splits a package comment into its parts: each is a paragraph that begins with its
// heading, or several up to the next one.
func headings(text string) map[string]string {
	out := map[string]string{}
	heading := ""
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		line := strings.Join(strings.Fields(paragraph), " ")
		for _, h := range Headings {
			if rest, ok := strings.CutPrefix(line, h+": "); ok {
				heading, line = h, rest
			}
		}
		if heading != "" {
			out[heading] = strings.TrimSpace(out[heading] + " " + line)
		}
	}
	return out
}

// variables returns the variables of a struct type that one of the files has, in the order of
// its fields.
func variables(name string, files ...*ast.File) []Variable {
	always, sometimes := map[string]bool{}, map[string]bool{}
	var out []Variable
	for _, file := range files {
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == "Validate" && d.Body != nil {
					validated(d.Body, always, sometimes)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if typ, ok := spec.(*ast.TypeSpec); ok && typ.Name.Name == name {
						if s, ok := typ.Type.(*ast.StructType); ok {
							out = fields(s)
						}
					}
				}
			}
		}
	}
	for i, v := range out {
		out[i].Required, out[i].Conditional = always[v.Name], sometimes[v.Name]
	}
	return out
}

// validated looks in the body of a Validate method for what it refuses a configuration without:
// always, or only under a condition that stands around it or before it with a way out.
func validated(body *ast.BlockStmt, always, sometimes map[string]bool) {
	found := always
	for _, statement := range body.List {
		into := found
		if condition, ok := statement.(*ast.IfStmt); ok {
			into = sometimes
			if end := condition.Body.List; len(end) > 0 {
				if way, ok := end[len(end)-1].(*ast.ReturnStmt); ok && len(way.Results) == 1 && typeName(way.Results[0]) == "nil" {
					found = sometimes
				}
			}
		}
		ast.Inspect(statement, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				maps.Copy(into, missing(call))
			}
			return true
		})
	}
}

// fields returns the variables of a struct. A comment counts for the fields below it, up to the
// next one with a comment, if it names them: "Percent and Max are the brake".
func fields(s *ast.StructType) []Variable {
	var out []Variable
	comment := ""
	names := map[string]string{}
	for _, field := range s.Fields.List {
		if len(field.Names) != 1 || field.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			continue
		}
		name, options, _ := strings.Cut(reflect.StructTag(tag).Get("env"), ",")
		if name == "" {
			continue
		}
		if field.Doc != nil {
			comment = strings.Join(strings.Fields(field.Doc.Text()), " ")
		} else if !strings.Contains(comment, field.Names[0].Name) {
			comment = ""
		}
		_, value, _ := strings.Cut(options, "default=")
		out = append(out, Variable{Name: name, Default: value, Type: typeName(field.Type), Doc: comment})
		names[field.Names[0].Name] = name
	}
	for i := range out {
		out[i].Doc = renamed(out[i].Doc, names)
	}
	return out
}

// renamed returns a comment that speaks of variables instead of fields: where a part of a
// sentence begins with a field's name, as the comments of fields do.
func renamed(comment string, names map[string]string) string {
	if len(names) == 0 {
		return comment
	}
	fields := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return len(b) - len(a) })
	subject := regexp.MustCompile(`(^|\. |; |, | and )(` + strings.Join(fields, "|") + `)\b`)
	return subject.ReplaceAllStringFunc(comment, func(match string) string {
		parts := subject.FindStringSubmatch(match)
		return parts[1] + names[parts[2]]
	})
}

// missing returns the names of variables in a call of Missing, which refuses a configuration
// without them.
func missing(call *ast.CallExpr) map[string]bool {
	out := map[string]bool{}
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		if f.Sel.Name != "Missing" {
			return nil
		}
	case *ast.Ident:
		if f.Name != "Missing" {
			return nil
		}
	}
	for _, argument := range call.Args {
		if list, ok := argument.(*ast.CompositeLit); ok {
			for _, element := range list.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					out[literalText(pair.Key)] = true
				}
			}
		}
	}
	return out
}

const scopePrefix = "https://www.googleapis.com/auth/"

func scopes(files []*ast.File) []string {
	found := map[string]bool{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok {
				if scope, ok := strings.CutPrefix(literalText(literal), scopePrefix); ok {
					found[scope] = true
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// literalText returns the text of a literal, and nothing for what is none.
func literalText(e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return text
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.ArrayType:
		return "[]" + typeName(e.Elt)
	case *ast.MapType:
		return "map[" + typeName(e.Key) + "]" + typeName(e.Value)
	case *ast.StarExpr:
		return typeName(e.X)
	}
	return ""
}

var roleName = regexp.MustCompile(`^[a-zA-Z]+\.[a-zA-Z]+`)

// Roles returns the roles that the part Permissions names, each with what it is on: "roles/x on
// y", one for each y, sorted. A role stands with what it is on up to the next role or a
// semicolon: "roles/pubsub.publisher on change-events and group-changed, roles/datastore.user;
// scopes …".
func (f Function) Roles() []string {
	var out []string
	for clause := range strings.SplitSeq(f.Headings["Permissions"], ";") {
		for _, part := range strings.Split(clause, "roles/")[1:] {
			name := roleName.FindString(part)
			rest, ok := strings.CutPrefix(part[len(name):], " on ")
			if !ok {
				out = append(out, "roles/"+name)
				continue
			}
			for on := range strings.SplitSeq(strings.ReplaceAll(rest, " and ", ", "), ",") {
				if on = strings.Trim(on, " ."); on != "" && on != "and" {
					out = append(out, "roles/"+name+" on "+on)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

var delegated = regexp.MustCompile(`(?:^|; )scopes? ([^;]+?)(?: for |;|\.? ?$)`)

// Delegated returns the scopes of Google Workspace that the part Permissions names, sorted:
// "; scopes a and b". Those of Slack have their name before them and are not among them.
func (f Function) Delegated() []string {
	match := delegated.FindStringSubmatch(f.Headings["Permissions"])
	if match == nil {
		return nil
	}
	out := strings.Split(strings.ReplaceAll(match[1], " and ", ", "), ", ")
	slices.Sort(out)
	return out
}

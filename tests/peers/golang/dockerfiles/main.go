// Reads Dockerfiles, words, mounts and .dockerignore files with BuildKit's own code: one JSON request a line, one answer.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

type request struct {
	Dockerfile *string
	Word       *string
	Words      *string
	Body       *string
	Escape     string
	Env        []string
	Mount      *string
	Ignore     *string
	Paths      []string
}

var silent = linter.New(&linter.Config{})

type answer = map[string]any

type heredoc struct {
	Name   string
	Text   string
	Expand bool
}

func failed(err error) answer {
	told := answer{"error": err.Error()}
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		told["line"] = located.Locations[0][0].Start.Line
	}
	return told
}

func arguments(node *parser.Node) []string {
	found := []string{}
	for node = node.Next; node != nil; node = node.Next {
		if len(node.Children) == 0 {
			found = append(found, node.Value)
		} else {
			found = append(found, node.Children[0].Value)
		}
	}
	return found
}

func heredocs(node *parser.Node) []heredoc {
	found := []heredoc{}
	for _, each := range node.Heredocs {
		text := each.Content
		if each.Chomp {
			text = parser.ChompHeredocContent(text)
		}
		found = append(found, heredoc{each.Name, text, each.Expand})
	}
	return found
}

// The arguments of ONBUILD and the configuration of HEALTHCHECK are not in the tree as they are used.
func meaning(node *parser.Node) (answer, error) {
	told := answer{
		"keyword": strings.ToUpper(node.Value), "line": node.StartLine, "flags": append([]string{}, node.Flags...),
		"arguments": arguments(node), "json": node.Attributes["json"], "heredocs": heredocs(node),
	}
	read, err := instructions.ParseInstructionWithLinter(node, silent)
	if err != nil {
		return nil, err
	}
	switch each := read.(type) {
	case *instructions.OnbuildCommand:
		told["arguments"] = []string{each.Expression}
		told["heredocs"] = []heredoc{}
	case *instructions.HealthCheckCommand:
		told["health"] = each.Health
	}
	return told, nil
}

func dockerfile(text string) answer {
	found, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return failed(err)
	}
	stages, _, err := instructions.Parse(found.AST, silent)
	if err != nil {
		return failed(err)
	}
	told := []answer{}
	for _, node := range found.AST.Children {
		each, err := meaning(node)
		if err != nil {
			return failed(err)
		}
		told = append(told, each)
	}
	names := []string{}
	for _, stage := range stages {
		names = append(names, stage.Name)
	}
	return answer{"escape": string(found.EscapeToken), "instructions": told, "stages": names}
}

func lexed(r request) answer {
	lex := shell.NewLex([]rune(r.Escape)[0])
	env := shell.EnvsFromSlice(r.Env)
	if r.Words != nil {
		words, err := lex.ProcessWords(*r.Words, env)
		if err != nil {
			return failed(err)
		}
		return answer{"words": append([]string{}, words...)}
	}
	text := r.Word
	if r.Body != nil {
		lex.SkipProcessQuotes = true
		text = r.Body
	}
	word, _, err := lex.ProcessWord(*text, env)
	if err != nil {
		return failed(err)
	}
	return answer{"text": word}
}

func mount(text string) answer {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `'`, `\'`, ` `, `\ `).Replace(text)
	found, err := parser.Parse(strings.NewReader("RUN --mount=" + quoted + " x"))
	if err != nil {
		return failed(err)
	}
	read, err := instructions.ParseInstruction(found.AST.Children[0])
	if err != nil {
		return failed(err)
	}
	run := read.(*instructions.RunCommand)
	if err := run.Expand(func(word string) (string, error) { return word, nil }); err != nil {
		return failed(err)
	}
	return answer{"mount": instructions.GetMounts(run)[0]}
}

// Every pattern is tried by itself first: a bad one is otherwise found only where it is looked at.
func ignored(text string, paths []string) answer {
	patterns, err := ignorefile.ReadAll(strings.NewReader(text))
	if err != nil {
		return failed(err)
	}
	for _, pattern := range patterns {
		alone := []string{pattern}
		if strings.HasPrefix(pattern, "!") {
			alone = []string{"x", pattern}
		}
		if _, err := patternmatcher.MatchesOrParentMatches("x", alone); err != nil {
			return failed(err)
		}
	}
	told := []bool{}
	for _, path := range paths {
		out, err := patternmatcher.MatchesOrParentMatches(path, patterns)
		if err != nil {
			return failed(err)
		}
		told = append(told, out)
	}
	return answer{"out": told}
}

// What makes BuildKit itself fall over is told, too.
func told(r request) (given answer) {
	defer func() {
		if fallen := recover(); fallen != nil {
			given = answer{"fallen": fmt.Sprint(fallen)}
		}
	}()
	switch {
	case r.Dockerfile != nil:
		return dockerfile(*r.Dockerfile)
	case r.Mount != nil:
		return mount(*r.Mount)
	case r.Ignore != nil:
		return ignored(*r.Ignore, r.Paths)
	}
	return lexed(r)
}

func main() {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			panic(err)
		}
		text, err := json.Marshal(told(r))
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}

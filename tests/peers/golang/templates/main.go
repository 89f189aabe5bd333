// Renders templates with text/template and sprig, and reads task files with yaml.v2: one JSON request a line, one answer.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"

	"github.com/Masterminds/sprig"
	yaml "gopkg.in/yaml.v2"
)

type Mount struct {
	Name      string `yaml:"name"`
	MountPath string `yaml:"mountPath"`
}

type Step struct {
	ID         string   `yaml:"id"`
	Cmd        string   `yaml:"cmd"`
	Build      string   `yaml:"build"`
	Push       []string `yaml:"push"`
	When       []string `yaml:"when"`
	Timeout    int      `yaml:"timeout"`
	ExitedWith []int    `yaml:"exitedWith"`
	Keep       bool     `yaml:"keep"`
	Mounts     []*Mount `yaml:"volumeMounts"`
	Envs       []string `yaml:"env"`
	Tags       []string
}

type Volume struct {
	Name   string            `yaml:"name"`
	Secret map[string]string `yaml:"secret"`
}

type Task struct {
	Steps       []*Step   `yaml:"steps"`
	StepTimeout int       `yaml:"stepTimeout"`
	Version     string    `yaml:"version"`
	Volumes     []*Volume `yaml:"volumes"`
	Envs        []string  `yaml:"env" json:"-"`
}

type request struct {
	Template *string
	Data     map[string]interface{}
	Yaml     *string
}

func render(text string, data map[string]interface{}) (string, error) {
	t, err := template.New("_").Option("missingkey=zero").New("t").Funcs(sprig.TxtFuncMap()).Parse(text)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = t.ExecuteTemplate(&b, "t", data)
	return b.String(), err
}

func answer(r request) map[string]interface{} {
	if r.Template != nil {
		text, err := render(*r.Template, r.Data)
		if err != nil {
			return map[string]interface{}{"error": err.Error()}
		}
		return map[string]interface{}{"text": text}
	}
	task := &Task{}
	if err := yaml.Unmarshal([]byte(*r.Yaml), task); err != nil {
		return map[string]interface{}{"error": err.Error()}
	}
	return map[string]interface{}{"task": task}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	for in.Scan() {
		var r request
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			panic(err)
		}
		line, err := json.Marshal(answer(r))
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
}

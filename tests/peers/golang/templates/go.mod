module templates

go 1.21

require (
	github.com/Masterminds/sprig v2.22.0+incompatible
	github.com/imdario/mergo v0.3.16
	gopkg.in/yaml.v2 v2.4.0
)

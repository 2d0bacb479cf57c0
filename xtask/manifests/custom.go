package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/json"
	strict "sigs.k8s.io/yaml"
)

// definition is what a CustomResourceDefinition says of one version of a kind.
type definition struct {
	structure *schema.Structural
	validator validation.SchemaValidator
}

// defined are the kinds of custom resources whose definitions were loaded, by apiVersion and kind.
var defined = map[string]definition{}

// define loads the CustomResourceDefinitions of a directory.
func define(directory string) error {
	paths, err := filepath.Glob(filepath.Join(directory, "*.yaml"))
	if err == nil && len(paths) == 0 {
		err = errors.New("there are no definitions")
	}
	for _, path := range paths {
		if err == nil {
			err = defineOne(path)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", directory, err)
	}
	return nil
}

func defineOne(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := strict.Unmarshal(content, &crd); err != nil {
		return err
	}
	for _, version := range crd.Spec.Versions {
		if version.Schema == nil {
			continue
		}
		var props apiextensions.JSONSchemaProps
		err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, &props, nil)
		if err != nil {
			return err
		}
		structure, err := schema.NewStructural(&props)
		if err != nil {
			return err
		}
		validator, _, err := validation.NewSchemaValidator(&props)
		if err != nil {
			return err
		}
		defined[crd.Spec.Group+"/"+version.Name+" "+crd.Spec.Names.Kind] = definition{structure, validator}
	}
	return nil
}

// check says what the API server would refuse or, without a word, leave out.
func (d definition) check(document []byte) []error {
	text, err := strict.YAMLToJSONStrict(document)
	if err != nil {
		return some(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return some(err)
	}
	var errs []error
	options := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, unknown := range pruning.PruneWithOptions(object, d.structure, true, options) {
		errs = append(errs, fmt.Errorf("unknown field %q", unknown))
	}
	for _, err := range validation.ValidateCustomResource(nil, object, d.validator) {
		errs = append(errs, err)
	}
	return errs
}

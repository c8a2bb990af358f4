// Package demo embeds the demo app, so that an empty database has something to run.
//
// The folder is an app like any other: it can be run, changed and imported where it is (see README.md). Only
// internal/catalog imports the package.
package demo

import "embed"

// Files holds app.json, default.js and templates/*.html.
//
//go:embed app.json default.js templates/*.html
var Files embed.FS

//go:build unix

package main

import (
	"context"
	"time"
)

// suite is what is measured in one run.
type suite struct {
	prepare     func(ctx context.Context, b *bench) error
	experiments func(b *bench) []experiment
	conditions  string // that all of its servers have
	peers       bool   // its servers are among those that -peers chooses from

	// What flags change.
	rounds   int
	duration time.Duration
	cores    int
	limit    time.Duration
}

// suites are what can be measured, by their names on the command line.
var suites = map[string]suite{
	"files": {
		prepare: prepareFiles, experiments: filesSuite, conditions: filesConditions, peers: true,
		rounds: 5, duration: time.Second, cores: 1, limit: 15 * time.Minute,
	},
	"apps": {
		prepare: prepareApps, experiments: appsSuite, conditions: appsConditions,
		rounds: 3, duration: 4 * time.Second, cores: 2, limit: 6 * time.Minute,
	},
}

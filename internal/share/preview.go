package share

import (
	"net/http"
	"strings"
)

// isPreview reports whether a request is for a look, not for a download: a
// browser has it for a part of a page, or before anybody asked for it, or a
// robot makes the picture that a messenger shows beside the link.
func isPreview(h http.Header) bool {
	return isEarly(h) || isPart(h.Get("Sec-Fetch-Dest"), h.Get("Sec-Fetch-Mode")) || isRobot(h.Get("User-Agent"))
}

// isEarly reports whether a browser guesses that somebody will ask.
func isEarly(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		purpose := strings.ToLower(h.Get(name))
		for _, early := range []string{"prefetch", "prerender", "preview"} {
			if strings.Contains(purpose, early) {
				return true
			}
		}
	}
	return false
}

// isPart reports whether what is fetched becomes a part of a page (Fetch
// Metadata). A page's own script fetches by CORS; a browser that saves a link
// has an empty destination as well, and another mode.
func isPart(destination, mode string) bool {
	switch destination {
	case "", "document":
		return false
	case "empty":
		return mode == "cors" || mode == "same-origin"
	}
	return true
}

// robots fetch what people send each other, by what stands in their User-Agent.
// Those of search engines, and most others, name a page about themselves with a
// plus. The apps that open a link in a window of their own call themselves
// otherwise: what people do there counts.
var robots = []string{
	"+http",
	"facebookexternalhit", // and iMessage
	"facebot",
	"whatsapp/", // and Signal
	"telegrambot",
	"twitterbot",
	"slackbot",
	"slack-imgproxy",
	"discordbot",
	"linkedinbot",
	"skypeuripreview", // and Teams
	"mastodon/",
	"googlebot",
	"google-pagerenderer",
	"bingpreview",
	"applebot",
	"pinterestbot",
	"redditbot",
	"embedly",
	"iframely",
	"vkshare",
	"mattermost-bot",
	"rocket.chat",
	"synapse",
	"zulipurlpreview",
	"nextcloud server",
}

func isRobot(agent string) bool {
	agent = strings.ToLower(agent)
	for _, robot := range robots {
		if strings.Contains(agent, robot) {
			return true
		}
	}
	return false
}

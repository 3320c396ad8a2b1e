package share

import (
	"net/http"
	"testing"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	fields := func(lines ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(lines); i += 2 {
			h.Set(lines[i], lines[i+1])
		}
		return h
	}
	agent := func(name string) http.Header { return fields("User-Agent", name) }
	fetch := func(destination, mode string) http.Header {
		return fields("User-Agent", browser, "Sec-Fetch-Dest", destination, "Sec-Fetch-Mode", mode)
	}
	tests := []struct {
		what string
		h    http.Header
		want bool
	}{
		{"nothing", fields(), false},
		{"a browser without fetch metadata", agent(browser), false},
		{"a page", fetch("document", "navigate"), false},
		{"a link with download, in Chromium", fetch("empty", "navigate"), false},
		{"save link as", fetch("empty", "no-cors"), false},
		{"a browser that sends no mode", fields("Sec-Fetch-Dest", "empty"), false},
		{"fetch in a script", fetch("empty", "cors"), true},
		{"fetch, same origin only", fetch("empty", "same-origin"), true},
		{"a picture in a page", fetch("image", "no-cors"), true},
		{"a film in a page", fetch("video", "no-cors"), true},
		{"sound in a page", fetch("audio", "no-cors"), true},
		{"a frame", fetch("iframe", "navigate"), true},
		{"an object", fetch("object", "navigate"), true},
		{"embedded", fetch("embed", "navigate"), true},
		{"a script", fetch("script", "no-cors"), true},
		{"a style", fetch("style", "no-cors"), true},
		{"a font", fetch("font", "cors"), true},
		{"a worker", fetch("worker", "same-origin"), true},
		{"prefetch", fields("Sec-Purpose", "prefetch"), true},
		{"prerender", fields("Sec-Purpose", "prefetch;prerender"), true},
		{"prefetch as it was", fields("Purpose", "prefetch"), true},
		{"preview of Safari", fields("X-Purpose", "preview"), true},
		{"prefetch of Firefox", fields("X-Moz", "prefetch"), true},
		{"curl", agent("curl/8.14.1"), false},
		{"wget", agent("Wget/1.25.0"), false},
		{"a phone that is called CUBOT", agent("Mozilla/5.0 (Linux; Android 10; CUBOT_X30) AppleWebKit/537.36"), false},
		{"WhatsApp", agent("WhatsApp/2.23.20.0 A"), true},
		{"Facebook", agent("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"), true},
		{"Facebook's own window", agent(browser + " [FBAN/FBIOS;FBAV/400.0]"), false},
		{"iMessage", agent("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"), true},
		{"Slack", agent("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"), true},
		{"Slack's pictures", agent("Slack-ImgProxy (+https://api.slack.com/robots)"), true},
		{"Slack's own window", agent(browser + " Slack_SSB/4.35"), false},
		{"Telegram", agent("TelegramBot (like TwitterBot)"), true},
		{"Twitter", agent("Twitterbot/1.0"), true},
		{"Discord", agent("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"), true},
		{"LinkedIn", agent("LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)"), true},
		{"Skype", agent("Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5"), true},
		{"Mastodon", agent("Mastodon/4.3.0 (http.rb/5.2.0; +https://mastodon.social/)"), true},
		{"Google", agent("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), true},
		{"another that tells of itself", agent("Any/1.0 (+https://any.example/bot)"), true},
	}
	for _, tt := range tests {
		if got := isPreview(tt.h); got != tt.want {
			t.Errorf("%s: %t", tt.what, got)
		}
	}
}

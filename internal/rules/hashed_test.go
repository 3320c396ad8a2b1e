package rules

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestImmutable(t *testing.T) {
	t.Parallel()
	for _, name := range strings.Fields(`
		assets/index-DiwrgTda.js assets/index-DiwrgTda.js.map assets/index-Ck814gz0.css assets/flag-BkQN3Y4t.js assets/inbox-B_g92vGx.js
		assets/link-2-BHvv60rx.js assets/index-w7iJ-XtN.js assets/index-DC-KSaHB.css assets/hash-BDLZMVw7.js assets/languages-BfgbcW70.js
		assets/formatters-YGHSWdVb.js assets/layers-SUZGFxIU.js assets/Inter-roman-latin-Di8DUHzh.woff2 index-yy0f4IWx.js
		_astro/x.B5cHm0Ye.css _astro/index.DRf8L97S.js _astro/index.6eOqeIuv.css _astro/index.D6y3E2Fo.css _astro/houston.CZZyCf7p.webp
		_astro/index.DuFj8Y_O.css _astro/jsx-runtime.D3GSbgeI.js _astro/client.ShtJu5IE.js _astro/index.yGrMsBkE.js
		_app/immutable/entry/start.DiRjZJ8_.js _app/immutable/chunks/CFm9SEez.js _app/immutable/entry/start.dffad178.js
		base/_app/immutable/assets/0.anything.css _nuxt/BcpI8CNm.js _nuxt/entry.4f2a9c1b.js
		_next/static/chunks/framework-bef83a85c94ff7de.js _next/static/chunks/pages/_app-dc052e3d709fbcfb.js
		_next/static/uZOLAPI4DasMDHYL0Gd6F/_buildManifest.js docs/_next/static/media/inter.woff2
		main.3f2504e0.js main.3f2504e0.js.map runtime~main.8c1f3f2504e0.js static/js/main.8a626e2b.chunk.js static/js/2.3f2504e0.chunk.js
		static/media/logo.6ce24c58.svg index.4f2a9c1b.css styles.3f2504e0.min.css 69-1b6d135f94ac0e36.js
		app-5QFS2ZDO.js main.4KQ2NEXT.js main-4KQ2NEXT.js main-ABCDEFGH.js polyfills-5CFQRCPP.js chunk-5SUDMNYJ.js styles-5INURTSO.css
		main-FVUEZXTN.js styles-CJBRLZRT.css scripts-MA36NRSY.js main-BDTRCBGF.js media/logo-3ZEH7GLV.png
		static/admin/css/base.27e20196a850.css assets/application-908e25f4bf641868d8683022a5b62f54.js workbox-3f2504e0.js
		908e25f4bf641868d8683022a5b62f54.jpg css/main.min.e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.css
		photo_hu_8b1a9953c4611296.jpg module.8c1f3f25.wasm data-3f2504e0.json
	`) {
		if !Immutable(name) {
			t.Errorf("%s is not taken for immutable", name)
		}
	}
	for _, name := range strings.Fields(`
		jquery-3.7.1.min.js photo-20260711.jpg report-december.pdf my-document.pdf IMG_20240101.jpg bootstrap.min.css font-awesome.css
		main-20240101.js index-homepage.js index.html assets/index-DiwrgTda.html main.3f2504e0.html page.3f2504e0 manifest.json sw.js
		service-worker.js favicon.ico app.js main.css app-20240101123000.js IMG_20240101_123456.jpg PXL_20230412_143512345.jpg
		screenshot-2026-07-11.png icon-512x512.png apple-touch-icon-180x180.png logo-1920x1080.png app-Icon16x16.png hero-Img16x16.png
		photo-deadbeef.jpg icon-facade01.svg item-1234567b.jpg item-a1234567.jpg v1.2.3.js lib-1.10.0-beta.js bundle-v20240101.js
		icon-ArrowTop.svg photo-MyPhoto1.jpg page-DarkMode.css phone-iPhone12.png view-HTMLView.js shot-2024Nov1.png clip-S01E02v2.mp4
		icon-Feedback.svg page-Strategy.png Inter-SemiBold.woff2 NotoSans-Regular.ttf logo-GitHub24.svg clip-1080pHDR.mp4 x-my_photo.jpg
		big-foo-Bar1.js css-mp4Video.css icon-Keyboard.svg index-download.js icon-Loopback.svg logo-TEMPLATE.svg README-TEMPLATE.png main-TEMPLATE.js
		photo-PORTRAIT.jpg main-22334455.js scan-VERSION2.png a-BIGPHOTO.png 3f2504e0.js 3f2504e0.jpg photo_3f2504e0.jpg
		3f2504e0-4f89-11d3-9a0c-0305e82c3301.jpg photo-3f2504e0-4f89-11d3-9a0c-0305e82c3301.jpg
		_next/static/development/_buildManifest.js _next/data.json _app/version.json _app/env.js next/static/chunks/main.js
		main.abc123.js main.3F2504E0.js x.map main..js .js -DiwrgTda.js archive.tar.gz notes-3f2504e0.txt feed-3f2504e0.xml
		color-00ff00.png chapter-12345678.json track-00000001.mp3 lorem-ipsum-dolor-sit.jpg font-v2-Latn.woff2 main.js.map.map map-Szczecin.png map-Przemysl.js
	`) {
		if Immutable(name) {
			t.Errorf("%s is taken for immutable", name)
		}
	}
}

// TestImmutableDrawn holds that most names with a hash are known, and that of
// numbers and of words none is taken for one.
func TestImmutableDrawn(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	hash := func() []byte {
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for _, scheme := range []struct {
		name  string
		hash  func() string
		least int // of 1000
	}{
		{"base 64", func() string { return base64.RawURLEncoding.EncodeToString(hash())[:8] }, 880},
		{"base 32", func() string { return base32.StdEncoding.EncodeToString(hash())[:8] }, 930},
		{"hex 8", func() string { return hex.EncodeToString(hash())[:8] }, 880},
		{"hex 16", func() string { return hex.EncodeToString(hash())[:16] }, 990},
		{"hex 20", func() string { return hex.EncodeToString(hash())[:20] }, 990},
	} {
		known := 0
		for range 1000 {
			if Immutable("assets/main-" + scheme.hash() + ".js") {
				known++
			}
		}
		if known < scheme.least {
			t.Errorf("%s: %d of 1000 hashes are known, want %d", scheme.name, known, scheme.least)
		}
	}
	for range 1000 {
		digits := []byte("00000000")
		for i := range digits {
			digits[i] += byte(random.IntN(10))
		}
		if name := "main-" + string(digits) + ".js"; Immutable(name) {
			t.Errorf("%s is taken for immutable", name)
		}
	}
}

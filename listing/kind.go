package listing

import "strings"

// kind is what sort of thing a name stands for, as far as its icon and its
// preview go. It is the class of its row.
type kind string

const (
	kindFolder  kind = "folder"
	kindImage   kind = "image"
	kindAudio   kind = "audio"
	kindVideo   kind = "video"
	kindPDF     kind = "pdf"
	kindText    kind = "text" // shown as it is written: HTML and scripts are text here
	kindArchive kind = "archive"
	kindOther   kind = "" // neither an icon of its own, nor a preview
)

// kinds are those of extensions. Images, audio and video are only those that
// browsers show.
var kinds = func() map[string]kind {
	m := make(map[string]kind)
	for kind, extensions := range map[kind]string{
		kindImage:   "apng avif bmp gif ico jfif jpeg jpg png svg webp",
		kindAudio:   "aac flac m4a mp3 oga ogg opus wav weba",
		kindVideo:   "m4v mkv mov mp4 ogv webm",
		kindPDF:     "pdf",
		kindArchive: "7z br bz2 deb gz iso jar rar rpm tar tgz whl xz zip zst",
		kindText: "bash bat c cc cfg conf cpp cs css csv diff env go h hpp htm html ini java js json json5 jsonl jsx kt less log " +
			"lua m md mjs patch php pl ps1 py r rb rs rst scala scss sh sql srt svelte swift tex toml ts tsv tsx txt vtt vue xml yaml yml",
	} {
		for extension := range strings.FieldsSeq(extensions) {
			m[extension] = kind
		}
	}
	return m
}()

// maxThumbnail is how large a file is that serves as its own thumbnail: a
// folder of photographs would be a download of them all.
const maxThumbnail = 64 << 10

// kindOf returns the kind of an entry, and whether it is cheap to show as it is
// in place of an icon.
func kindOf(e *Entry) (k kind, thumbnail bool) {
	if e.IsDir {
		return kindFolder, false
	}
	var lower [8]byte
	dot := strings.LastIndexByte(e.Name, '.')
	if dot < 0 || len(e.Name)-dot-1 > len(lower) {
		return kindOther, false
	}
	extension := e.Name[dot+1:]
	for i := range len(extension) {
		c := extension[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	k = kinds[string(lower[:len(extension)])]
	return k, k == kindImage && 0 < e.Size && e.Size <= maxThumbnail
}

package listing

import (
	"archive/tar"
	"bytes"
	"io"
	"math"
	"unicode/utf8"
)

// tarBlock is what all parts of a tar archive are padded to a multiple of. Two
// blocks of zeros are its end (POSIX pax, ustar interchange format).
const tarBlock = 512

var tarZeros [2 * tarBlock]byte

// WriteTar writes the members as a tar archive whose length is not known
// before. An archive that is measured has the same bytes.
func WriteTar(w io.Writer, tree Tree) error {
	a := Archive{format: Tar, tree: tree}
	out := window{w: w, end: math.MaxInt64, kept: make([]byte, 0, keptSize)}
	pass := tarPass{out: &out}
	if _, err := a.walk(func(m *Member, _ uint32) error { return pass.member(m) }); err != nil {
		return err
	}
	if err := out.literal(tarZeros[:]); err != nil {
		return err
	}
	return out.flush()
}

func (a *Archive) measureTar(out *window) error {
	pass := tarPass{out: out}
	if err := a.measure(pass.member); err != nil {
		return err
	}
	err := out.literal(tarZeros[:])
	a.length = out.at
	return err
}

func (a *Archive) writeTar(out *window) error {
	pass := tarPass{out: out}
	if err := a.verify(pass.member); err != nil {
		return err
	}
	return out.literal(tarZeros[:])
}

// tarPass lets the members pass by a window, in their form in a tar archive.
type tarPass struct {
	out    *window
	header tar.Header
	bytes  bytes.Buffer
}

func (p *tarPass) member(m *Member) error {
	header, err := p.encode(m)
	if err != nil {
		return err
	}
	if err := p.out.literal(header); err != nil {
		return err
	}
	if err := p.out.content(m, nil); err != nil {
		return err
	}
	return p.out.literal(tarZeros[:-m.Size&(tarBlock-1)])
}

// encode returns the header of a member with its extensions. They are there
// only if they are needed. Owners are left out: who has an account here is
// nobody else's business. So are the setuid, setgid and sticky bits.
func (p *tarPass) encode(m *Member) ([]byte, error) {
	p.header = tar.Header{
		Typeflag: tar.TypeReg,
		Name:     entryName(m, m.Name),
		Size:     m.Size,
		Mode:     int64(m.Mode.Perm()),
		ModTime:  clampTime(m.ModTime, earliestTime, latestTime), // the first of all times is written as 1970
	}
	if m.IsDir {
		p.header.Typeflag = tar.TypeDir
	}
	if !utf8.ValidString(m.Name) {
		p.header.Format = tar.FormatGNU // POSIX pax, extended header: values are in UTF-8
	}
	p.bytes.Reset()
	if err := tar.NewWriter(&p.bytes).WriteHeader(&p.header); err != nil {
		return nil, err
	}
	return p.bytes.Bytes(), nil
}

package listing

import (
	"io"
	"math"
)

func (a *Archive) measureZip(out *window) error {
	pass := zipPass{archive: a, out: out}
	if err := a.measure(pass.member); err != nil {
		return err
	}
	a.central = out.at
	if _, _, err := out.pass(pass.records); err != nil {
		return err
	}
	err := out.literal(zipEnd(nil, int64(len(a.marks)), a.central, pass.records))
	a.length = out.at
	return err
}

// writeZip walks twice if the range reaches into the central directory, which
// repeats every member: what is kept of the first walk is four bytes for each.
func (a *Archive) writeZip(out *window) error {
	pass := zipPass{archive: a, out: out}
	if err := a.verify(pass.member); err != nil {
		return err
	}
	if out.end <= a.central {
		return nil
	}
	directory := zipDirectory{out: out, sums: pass.sums}
	if err := a.verify(directory.record); err != nil {
		return err
	}
	return out.literal(zipEnd(directory.bytes[:0], int64(len(a.marks)), a.central, out.at-a.central))
}

// zipPass lets the members pass by a window, in their form in a zip archive.
type zipPass struct {
	archive  *Archive
	out      *window
	checksum checksum
	bytes    []byte

	records int64    // bytes in the central directory for the members so far
	sums    []uint32 // for those records that are in the range
}

func (p *zipPass) member(m *Member) error {
	offset := p.out.at
	e, err := newZipEntry(m, offset)
	if err != nil {
		return err
	}
	p.bytes = e.appendLocal(p.bytes[:0])
	if err := p.out.literal(p.bytes); err != nil {
		return err
	}
	inRecord := p.recordInRange(e.recordLength())
	if !e.hasDescriptor() {
		if inRecord {
			p.sums = append(p.sums, 0) // CRC-32 of nothing
		}
		return nil
	}
	sum, err := p.content(m, inRecord || p.out.reaches(m.Size, e.descriptorLength()))
	if err != nil {
		return err
	}
	if inRecord {
		p.sums = append(p.sums, sum)
	}
	p.bytes = e.appendDescriptor(p.bytes[:0], sum)
	return p.out.literal(p.bytes)
}

// recordInRange reports whether the next record in the central directory, of
// this length, is in the range.
func (p *zipPass) recordInRange(length int64) bool {
	at := p.archive.central + p.records
	p.records += length
	return at < p.out.end && at+length > p.out.first
}

// content lets the content of a file pass by, and returns its CRC-32 if that is
// wanted. What is not in the range is read only for a checksum that is not
// remembered.
func (p *zipPass) content(m *Member, wanted bool) (uint32, error) {
	if !wanted {
		return 0, p.out.content(m, nil)
	}
	p.checksum.sum, p.checksum.count = 0, 0
	missing, to := p.out.visible(m.Size)
	if missing == to {
		missing = m.Size
	}
	// Of content that passes by as a whole, the checksum costs little, and is
	// right even where a file was changed without a trace, as by mmap.
	if whole := missing == 0 && to == m.Size; !whole && !m.Fresh {
		if sum, ok := p.archive.checksums.get(m.Key); ok {
			return sum, p.out.content(m, nil)
		}
	}
	if missing > 0 {
		if err := copyThrough(&p.checksum, io.Discard, m, 0, missing); err != nil {
			return 0, err
		}
	}
	if err := p.out.content(m, &p.checksum); err != nil {
		return 0, err
	}
	if p.checksum.count != m.Size {
		return 0, errShort
	}
	if !m.Fresh {
		p.archive.checksums.put(m.Key, p.checksum.sum)
	}
	return p.checksum.sum, nil
}

// zipDirectory writes the central directory, from the members again and the
// checksums of those whose records are in the range.
type zipDirectory struct {
	out    *window
	sums   []uint32
	offset int64 // of the member
	bytes  []byte
}

func (d *zipDirectory) record(m *Member) error {
	e, err := newZipEntry(m, d.offset)
	if err != nil {
		return err
	}
	if d.offset > math.MaxInt64-m.Size-math.MaxInt32 {
		return errTooLong
	}
	d.offset += e.localLength() + m.Size + e.descriptorLength()
	var sum uint32
	if d.out.reaches(0, e.recordLength()) {
		if len(d.sums) == 0 {
			return ErrTreeChanged
		}
		sum, d.sums = d.sums[0], d.sums[1:]
	}
	d.bytes = e.appendRecord(d.bytes[:0], sum)
	return d.out.literal(d.bytes)
}

package inset

import (
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	begin, end := Marks("cats")
	page := "above\n" + begin + "old\n" + end + "below\n"
	once, err := Fill(page, "cats", "| new |\n")
	if want := "above\n" + begin + "\n| new |\n\n" + end + "below\n"; err != nil || once != want {
		t.Errorf("%q, %v; want %q", once, err, want)
	}
	twice, err := Fill(once, "cats", "| new |\n")
	if err != nil || twice != once {
		t.Errorf("filled again it is %q, %v", twice, err)
	}
}

func TestFillWithoutMarks(t *testing.T) {
	begin, end := Marks("cats")
	for _, page := range []string{"", begin, end, end + begin, begin + end + begin, begin + end + end, end + begin + end, strings.ReplaceAll(begin+end, "cats", "dogs")} {
		if filled, err := Fill(page, "cats", "x"); err == nil {
			t.Errorf("%q became %q", page, filled)
		}
	}
}

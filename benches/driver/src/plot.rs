//! Bars in SVG, in the colours of the page that they are on, light or dark.

pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar>,
}

pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) tone: Tone,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Tone {
    Quiet,
    Accent,
    Usual,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Tone::Quiet => "quiet",
            Tone::Accent => "accent",
            Tone::Usual => "usual",
        }
    }
}

const WIDTH: usize = 760;
/// Names end here, bars begin here.
const LEFT: usize = 236;
const LONGEST_BAR: f64 = 430.0;
const ROW: usize = 24;
const HEAD: usize = 34;
const GAP: usize = 14;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.figure{fill:#59636e}\
    .quiet{fill:#c3c9d0}.accent{fill:#0969da}.usual{fill:#8c959f}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.figure{fill:#9198a1}\
    .quiet{fill:#3d444d}.accent{fill:#4493f8}.usual{fill:#6e7681}}";

/// All panels below each other, each with a scale of its own.
pub(crate) fn page(label: &str, panels: &[Panel]) -> String {
    let mut body = String::new();
    let mut top = 0;
    for panel in panels {
        body.push_str(&drawn(panel, top));
        top += height(panel);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" width=\"{WIDTH}\" \
         height=\"{top}\" role=\"img\" aria-label=\"{label}\">\n<style>{STYLE}</style>\n{body}</svg>\n"
    )
}

fn height(panel: &Panel) -> usize {
    HEAD + panel.bars.len() * ROW + GAP
}

fn drawn(panel: &Panel, top: usize) -> String {
    let longest = panel.bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let title = format!("<text class=\"title\" x=\"0\" y=\"{}\">{}</text>\n", top + 20, panel.title);
    let bars = panel.bars.iter().enumerate().map(|(row, bar)| {
        let (y, width) = (top + HEAD + row * ROW, LONGEST_BAR * bar.value / longest);
        let class = bar.tone.class();
        #[allow(clippy::cast_precision_loss, reason = "a place on the page")]
        let after = LEFT as f64 + width + 8.0;
        format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{}\" rx=\"2\"/>\
             <text class=\"figure\" x=\"{after:.1}\" y=\"{}\">{}</text>\n",
            LEFT - 10,
            y + 13,
            bar.name,
            ROW - 6,
            y + 13,
            thousands(bar.value),
        )
    });
    title + &bars.collect::<String>()
}

/// As in 12 300, with a space that does not break.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_has_the_greatest_value() {
        let bar = |value| Bar { name: "a".to_owned(), value, tone: Tone::Usual };
        let page = page("", &[Panel { title: String::new(), bars: vec![bar(5.0), bar(10_000.0)] }]);
        assert!(page.contains("width=\"430.0\"") && page.contains("width=\"0.2\""));
        assert!(page.contains(">10\u{a0}000<"));
    }
}

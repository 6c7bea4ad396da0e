//! Plots as SVG: lines over two logarithmic axes.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 180.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Apart for people who see fewer colours too.
const COLOURS: [&str; 8] = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#888888", "#dd8833"];

/// One line of a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it shows.
    pub name: String,
    /// `(x, y)`, both above zero.
    pub points: Vec<(f64, f64)>,
}

/// A plot with a title and names of the axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Above it.
    pub title: String,
    /// Below it.
    pub x: String,
    /// At its left.
    pub y: String,
    /// In the order of the legend.
    pub lines: Vec<Line>,
}

impl Plot {
    /// The whole file.
    pub fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| line.points.iter().copied());
        let (x0, x1) = decades(points().map(|(x, _)| x));
        let (y0, y1) = decades(points().map(|(_, y)| y));
        let across = move |x: f64| LEFT + (x.log10() - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT);
        let up = move |y: f64| HEIGHT - BOTTOM - (y.log10() - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
        );
        text(&mut svg, (LEFT, 24.0), "start", &format!("<tspan font-weight=\"bold\">{}</tspan>", escaped(&self.title)));
        text(&mut svg, (f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 12.0), "middle", &escaped(&self.x));
        text(&mut svg, (LEFT - 8.0, TOP - 4.0), "end", &escaped(&self.y));
        for power in x0 as i32..=x1 as i32 {
            let x = across(10_f64.powi(power));
            rule(&mut svg, (x, TOP), (x, HEIGHT - BOTTOM));
            text(&mut svg, (x, HEIGHT - BOTTOM + 18.0), "middle", &number(power));
        }
        for power in y0 as i32..=y1 as i32 {
            let y = up(10_f64.powi(power));
            rule(&mut svg, (LEFT, y), (WIDTH - RIGHT, y));
            text(&mut svg, (LEFT - 8.0, y + 4.0), "end", &number(power));
        }
        for (place, line) in self.lines.iter().enumerate() {
            let colour = COLOURS[place % COLOURS.len()];
            let path: Vec<String> =
                line.points.iter().map(|(x, y)| format!("{:.1},{:.1}", across(*x), up(*y))).collect();
            writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                path.join(" ")
            )
            .expect("a String takes every write");
            for (x, y) in &line.points {
                writeln!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>", across(*x), up(*y))
                    .expect("a String takes every write");
            }
            let y = TOP + 14.0 + 20.0 * place as f64;
            writeln!(
                svg,
                "<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"4\" fill=\"{colour}\"/>",
                WIDTH - RIGHT + 12.0,
                y - 6.0
            )
            .expect("a String takes every write");
            text(&mut svg, (WIDTH - RIGHT + 32.0, y), "start", &escaped(&line.name));
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// The powers of ten around some numbers.
fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for power in values.filter(|value| *value > 0.0).map(f64::log10) {
        (least, most) = (least.min(power), most.max(power));
    }
    if least > most {
        return (0.0, 1.0);
    }
    let (least, most) = (least.floor(), most.ceil());
    (least, most.max(least + 1.0))
}

fn number(power: i32) -> String {
    match power {
        0..=3 => format!("{}", 10_i32.pow(power as u32)),
        -3..=-1 => format!("{}", 10_f64.powi(power)),
        _ => format!("10<tspan dy=\"-4\" font-size=\"9\">{power}</tspan>"),
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, content: &str) {
    writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333333\">{content}</text>")
        .expect("a String takes every write");
}

fn rule(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#dddddd\"/>",
        from.0, from.1, to.0, to.1
    )
    .expect("a String takes every write");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_every_line_with_its_name() {
        let line = |name: &str| Line { name: name.into(), points: vec![(1e4, 0.5), (1e5, 2.0), (1e6, 20.0)] };
        let lines = vec![line("search & facets"), line("grid")];
        let svg = Plot { title: "t".into(), x: "captures".into(), y: "ms".into(), lines }.svg();
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert_eq!(svg.matches("<circle").count(), 6);
        assert!(svg.contains("search &amp; facets") && !svg.contains("NaN"), "{svg}");
    }
}

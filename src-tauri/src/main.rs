//! `muster-desktop`: the window.

fn main() {
    println!("muster-desktop");
}

/** The frame of the window. */
export function App() {
  return <main>Muster</main>;
}

/** The providers of the window. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import type { Backend } from "../backend/backend";
import { BackendProvider } from "../backend/context";
import { ErrorBoundary } from "../shared/components/ErrorBoundary";
import { Root } from "./Root";
import "../shared/base.css";
import "../shared/components/controls.css";
import "../shared/components/overlays.css";
import "./app.css";

/** A cache whose contents change only when the application says so. */
function newCache(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false, refetchOnWindowFocus: false, networkMode: "always" }, mutations: { networkMode: "always" } } });
}

/** The application over a backend. */
export function App({ backend }: { readonly backend: Backend }) {
  const [client] = useState(newCache);
  return (
    <ErrorBoundary part="The window">
      <QueryClientProvider client={client}>
        <BackendProvider backend={backend}>
          <Root />
        </BackendProvider>
      </QueryClientProvider>
    </ErrorBoundary>
  );
}

/** The annotations of a query, in the order that the person chose. */
import { useQuery } from "@tanstack/react-query";
import { useBackend } from "../../backend/context";
import { CROP_ORDERS, useCrops } from "./store";

/** The search; it stays as it is until somebody asks again. */
export function useCropSearch(query: string) {
  const backend = useBackend();
  const name = useCrops((state) => state.order);
  const order = CROP_ORDERS.find((entry) => entry.name === name);
  return useQuery({
    queryKey: ["cropSearch", query, name],
    queryFn: () => backend.searchAnnotations(query, order?.sort ?? { by: "conf", descending: false }),
    staleTime: Infinity,
    gcTime: 0,
  });
}

import { Compass } from "lucide-react";
import { DeadEnd } from "@/components/ui/dead-end";
import { words } from "../words";

export function NotFoundPage() {
    return <DeadEnd title={words.notFound.title} icon={<Compass />} reason={words.notFound.nothingHere} text={words.notFound.text} />;
}

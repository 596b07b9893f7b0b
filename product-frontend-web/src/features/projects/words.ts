import { defineWords } from "@/lib/language/words";

export const words = defineWords("projects", {
    title: "Projects",
    intro: "Items that belong together.",
    newProject: "New project",
    newProjectText: "Projects group items that belong together.",
    create: "Create project",
    created: (name: string) => `Created “${name}”`,
    createdOn: (date: string) => `Created ${date}`,
    loading: "Loading projects",
    none: "No projects yet",
    noneText: "A project groups items, so that a long list becomes several short ones.",
    noDescription: "No description",
    delete: (name: string) => `Delete ${name}`,
    deleteRefusal: "Only an organization admin can delete projects.",
    deleteQuestion: (name: string) => `Delete “${name}”?`,
    deleteText: "The project and all of its items are deleted for good.",
    deleteAll: "Delete project and items",
    deleted: (name: string) => `Deleted “${name}”`,
    notDeleted: "The project was not deleted",
    name: "Name",
    description: "Description",
    nameMissing: "Give the project a name.",
    nameTooLong: "At most 120 characters.",
    descriptionTooLong: "At most 2,000 characters.",
});

export type ProjectWords = typeof words;
